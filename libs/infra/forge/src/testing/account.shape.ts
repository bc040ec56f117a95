import type { AppShape, InstallationShape, UserShape } from './github.types.js';
import type { Account, Installation } from './world.types.js';
import { instant, nodeId } from './naming.js';
import type { World } from './world.js';

export function userShape(world: World, account: Account) {
  const url = `${world.urls.api}/users/${encodeURIComponent(account.login)}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId(account.type, account.id),
    avatar_url: `${world.urls.web}/avatars/u/${account.id}`,
    gravatar_id: '',
    url,
    html_url: `${world.urls.web}/${encodeURIComponent(account.login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account.type,
    user_view_type: 'public',
    site_admin: false,
  } satisfies UserShape;
}

export function organizationShape(world: World, account: Account) {
  const url = `${world.urls.api}/orgs/${account.login}`;
  return {
    login: account.login,
    id: account.id,
    node_id: nodeId('Organization', account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${world.urls.web}/avatars/u/${account.id}`,
    description: '',
  };
}

export function appShape(world: World) {
  const { app } = world;
  return {
    id: app.id,
    client_id: `Iv23li${app.id}`,
    slug: app.slug,
    node_id: nodeId('App', app.id),
    owner: userShape(world, world.account('gatehouse-makers', 'Organization')),
    name: app.name,
    description: 'Runs coding agents behind gates',
    external_url: 'https://example.test',
    html_url: `${world.urls.web}/apps/${app.slug}`,
    created_at: instant(app.createdAt),
    updated_at: instant(app.createdAt),
    permissions: app.permissions,
    events: app.events,
    installations_count: world.installations.size,
  } satisfies AppShape;
}

export function installationShape(world: World, installation: Installation) {
  const { account, suspended } = installation;
  return {
    id: installation.id,
    client_id: `Iv23li${world.app.id}`,
    account: userShape(world, account),
    repository_selection: installation.selection,
    access_tokens_url: `${world.urls.api}/app/installations/${installation.id}/access_tokens`,
    repositories_url: `${world.urls.api}/installation/repositories`,
    html_url: `${world.urls.web}/organizations/${account.login}/settings/installations/${installation.id}`,
    app_id: world.app.id,
    app_slug: world.app.slug,
    target_id: account.id,
    target_type: account.type,
    permissions: installation.permissions as InstallationShape['permissions'],
    events: world.app.events,
    created_at: instant(installation.createdAt),
    updated_at: instant(installation.updatedAt),
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: suspended ? userShape(world, suspended.by) : null,
    suspended_at: suspended ? instant(suspended.at) : null,
  } satisfies InstallationShape;
}
