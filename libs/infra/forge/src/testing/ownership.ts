import { userShape, installationShape } from './account.shape.js';
import { installationOf } from './access.js';
import { fullName, nodeId } from './naming.js';
import type { Account, Installation, Repository } from './world.types.js';
import type { World } from './world.js';

/** The old name leads to the new one, until another repository takes it. */
function rename(world: World, repository: Repository, change: () => void): void {
  world.formerNames.set(fullName(repository).toLowerCase(), repository.id);
  change();
  world.formerNames.delete(fullName(repository).toLowerCase());
  repository.updatedAt = world.now();
}

export function renameRepository(world: World, repository: Repository, by: Account, name: string): void {
  const from = repository.name;
  rename(world, repository, () => {
    repository.name = name;
  });
  const changes = { repository: { name: { from } } };
  world.tell('repository', repository, by, { action: 'renamed', changes });
}

/** To another owner; our App stays on it only if `installed`. */
export function transferRepository(
  world: World,
  repository: Repository,
  by: Account,
  to: string,
  installed: boolean,
): void {
  const from = repository.owner;
  installationOf(world, repository)?.repositories.delete(repository.id);
  rename(world, repository, () => {
    repository.owner = world.account(to, 'Organization');
  });
  if (installed) world.install(repository);
  const kind = from.type === 'Organization' ? 'organization' : 'user';
  world.tell('repository', repository, by, {
    action: 'transferred',
    changes: { owner: { from: { [kind]: userShape(world, from) } } },
  });
}

export function archiveRepository(world: World, repository: Repository, by: Account): void {
  repository.archived = true;
  world.tell('repository', repository, by, { action: 'archived' });
}

export function deleteRepository(world: World, repository: Repository, by: Account): void {
  world.tell('repository', repository, by, { action: 'deleted' });
  installationOf(world, repository)?.repositories.delete(repository.id);
  world.repositories.delete(repository.id);
}

/** A copy of another owner's, from which pull requests may come. */
export async function forkRepository(world: World, parent: Repository, by: Account): Promise<Repository> {
  const fork = await world.addRepository({
    owner: by.login,
    name: parent.name,
    private: parent.private,
    defaultBranch: parent.defaultBranch,
    installed: false,
    people: { [by.login]: 'admin' },
  });
  fork.parent = parent;
  await fork.git.git(['fetch', '--quiet', parent.git.dir, '+refs/heads/*:refs/heads/*']);
  return fork;
}

/** Installation events go to the App whatever it subscribed to, and also when it is suspended. */
function tellOfInstallation(world: World, installation: Installation, by: Account, action: string): void {
  const reached = [...world.repositories.values()].filter(
    (one) => installationOf(world, one) === installation,
  );
  const shape = installationShape(world, installation);
  const seconds = (date: Date) => Math.floor(date.getTime() / 1000);
  // When it goes, GitHub tells its instants in seconds.
  const gone = action === 'deleted' && {
    created_at: seconds(installation.createdAt),
    updated_at: seconds(installation.updatedAt),
  };
  world.deliveries.send('installation', {
    action,
    installation: { ...shape, ...gone },
    repositories: reached.map((one) => ({
      id: one.id,
      node_id: nodeId('Repository', one.id),
      name: one.name,
      full_name: fullName(one),
      private: one.private,
    })),
    sender: userShape(world, by),
  });
}

export function suspendInstallation(world: World, installation: Installation, by: Account): void {
  installation.suspended = { at: world.now(), by };
  installation.updatedAt = world.now();
  tellOfInstallation(world, installation, by, 'suspend');
}

export function unsuspendInstallation(world: World, installation: Installation, by: Account): void {
  installation.suspended = null;
  installation.updatedAt = world.now();
  tellOfInstallation(world, installation, by, 'unsuspend');
}

export function deleteInstallation(world: World, installation: Installation, by: Account): void {
  tellOfInstallation(world, installation, by, 'deleted');
  world.installations.delete(installation.id);
  for (const token of world.tokens.values())
    if (token.installation === installation) world.tokens.delete(token.value);
}

export function ping(world: World): void {
  const { app, deliveries, urls } = world;
  const now = app.createdAt.toISOString();
  deliveries.send('ping', {
    zen: 'Keep it logically awesome.',
    hook_id: app.id,
    hook: {
      type: 'App',
      id: app.id,
      name: 'web',
      active: true,
      events: app.events,
      config: { content_type: 'json', url: deliveries.url, insecure_ssl: '0' },
      updated_at: now,
      created_at: now,
      app_id: app.id,
      deliveries_url: `${urls.api}/app/hook/deliveries`,
    },
  });
}
