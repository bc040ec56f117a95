import { appShape, installationShape } from './account.shape.js';
import { installationOf, reaches } from './access.js';
import { created, movedTo, noContent, notFound, ok, paged, refused, type Answer } from './answer.js';
import type { Call, Route } from './call.js';
import { texts } from './call.js';
import type { DeliveryShape, InstallationTokenShape } from './github.types.js';
import type { Delivery } from './deliveries.js';
import { instant } from './naming.js';
import { repositoryShape } from './repository.shape.js';
import { installationToken } from './tokens.js';
import type { Installation, Permissions, Repository } from './world.types.js';

const order = ['read', 'write', 'admin'];
const jwtNeeded = refused(401, 'A JSON web token could not be decoded');

function asApp(answer: (call: Call) => Answer | Promise<Answer>) {
  return (call: Call) => (call.caller.kind === 'app' ? answer(call) : jwtNeeded);
}

const installationIn = (call: Call): Installation | undefined =>
  call.world.installations.get(Number(call.params.id));

function accessToken(call: Call): Answer {
  const { world, body } = call;
  const installation = installationIn(call);
  if (!installation) return notFound;
  if (installation.suspended) return refused(403, 'This installation has been suspended');
  const permissions = (body.permissions ?? installation.permissions) as Permissions;
  for (const [name, level] of Object.entries(permissions)) {
    const granted = name === 'metadata' ? 'read' : installation.permissions[name];
    if (granted === undefined || order.indexOf(level) > order.indexOf(granted))
      return refused(422, 'The permissions requested are not granted to this installation.');
  }
  const owned = [...world.repositories.values()].filter((one) => installationOf(world, one) === installation);
  const names = texts(body.repositories).map((name) => name.toLowerCase());
  const ids = Array.isArray(body.repository_ids) ? (body.repository_ids as unknown[]) : [];
  const narrowed = names.length + ids.length > 0;
  const wanted = owned.filter((one) => names.includes(one.name.toLowerCase()) || ids.includes(one.id));
  if (narrowed && wanted.length < new Set([...names, ...ids]).size)
    return refused(
      422,
      'There is at least one repository that does not exist or is not accessible to the parent installation.',
    );
  const repositories = narrowed ? new Set(wanted.map((one) => one.id)) : null;
  const token = installationToken(world, installation, { permissions, repositories });
  return created({
    token: token.value,
    expires_at: instant(token.expiresAt ?? world.now()),
    permissions: token.permissions as InstallationTokenShape['permissions'],
    repository_selection: narrowed ? 'selected' : installation.selection,
    ...(narrowed && { repositories: wanted.map((one) => repositoryShape(world, one)) }),
  } satisfies InstallationTokenShape);
}

function shownInstallation(call: Call, repository: Repository | null): Answer {
  const installation = repository && installationOf(call.world, repository);
  return installation ? ok(installationShape(call.world, installation)) : notFound;
}

function deliveryShape(delivery: Delivery) {
  const last = delivery.attempts.at(-1);
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: (last?.at ?? new Date()).toISOString(),
    redelivery: last?.redelivery ?? false,
    duration: (last?.durationMs ?? 0) / 1000,
    status: last?.status === 200 || last?.status === 202 ? 'OK' : (last?.error ?? 'Invalid HTTP Response'),
    status_code: last?.status ?? 0,
    event: delivery.event,
    action: delivery.action,
    installation_id: null,
    repository_id: null,
    throttled_at: null,
  } satisfies DeliveryShape;
}

export const appRoutes: Route[] = [
  { method: 'GET', pattern: '/app', handle: asApp((call) => ok(appShape(call.world))) },
  {
    method: 'GET',
    pattern: '/app/installations',
    handle: asApp((call) =>
      paged(call, [...call.world.installations.values()], (one) => installationShape(call.world, one)),
    ),
  },
  {
    method: 'GET',
    pattern: '/app/installations/:id',
    handle: asApp((call) => {
      const installation = installationIn(call);
      return installation ? ok(installationShape(call.world, installation)) : notFound;
    }),
  },
  { method: 'POST', pattern: '/app/installations/:id/access_tokens', handle: asApp(accessToken) },
  {
    method: 'GET',
    pattern: '/repos/:owner/:repo/installation',
    handle: asApp((call) => {
      const { world } = call;
      const [owner = '', repo = ''] = [call.params.owner, call.params.repo];
      const former = world.find(owner, repo) ? null : world.findFormer(owner, repo);
      return former && installationOf(world, former)
        ? movedTo(call, former, '/installation')
        : shownInstallation(call, world.find(owner, repo));
    }),
  },
  {
    method: 'GET',
    pattern: '/repositories/:id/installation',
    handle: asApp((call) =>
      shownInstallation(call, call.world.repositories.get(Number(call.params.id)) ?? null),
    ),
  },
  {
    method: 'GET',
    pattern: '/installation/repositories',
    handle: (call) => {
      const { world, caller } = call;
      if (caller.kind !== 'installation') return refused(403, 'Resource not accessible by integration');
      const reached = [...world.repositories.values()].filter((one) => reaches(world, caller, one));
      return paged(
        call,
        reached,
        (one) => repositoryShape(world, one),
        (repositories) => ({ total_count: reached.length, repository_selection: 'selected', repositories }),
      );
    },
  },
  {
    method: 'DELETE',
    pattern: '/installation/token',
    handle: (call) => {
      if (call.caller.kind !== 'installation') return refused(401, 'Requires authentication');
      call.world.tokens.delete(call.caller.token.value);
      return noContent;
    },
  },
  {
    method: 'GET',
    pattern: '/app/hook/deliveries',
    handle: asApp((call) => paged(call, [...call.world.deliveries.log].reverse(), deliveryShape)),
  },
  {
    method: 'POST',
    pattern: '/app/hook/deliveries/:id/attempts',
    handle: asApp((call) => {
      const id = Number(call.params.id);
      if (!call.world.deliveries.log.some((one) => one.id === id)) return notFound;
      void call.world.deliveries.redeliver(id);
      return { status: 202, body: {} };
    }),
  },
];
