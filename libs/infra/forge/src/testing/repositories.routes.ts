import { roleOf } from './access.js';
import { notFound, ok, paged } from './answer.js';
import type { RepositoryCall, RepositoryRoute } from './call.js';
import { userShape } from './account.shape.js';
import type { PermissionShape } from './github.types.js';
import { fullRepositoryShape, roleShape } from './repository.shape.js';
import type { Role } from './world.types.js';

const metadata = { permissions: { metadata: 'read' }, role: 'read' } as const;

/** The older field knows four words; the newer roles are told as the nearest below. */
const legacy: Record<Role, string> = {
  none: 'none',
  read: 'read',
  triage: 'read',
  write: 'write',
  maintain: 'write',
  admin: 'admin',
};

function permission(call: RepositoryCall) {
  const account = call.world.accounts.get((call.params.login ?? '').toLowerCase());
  if (!account || account.type === 'Organization') return notFound;
  const role = roleOf(call.repository, account);
  const roleName = role === 'none' ? '' : role;
  return ok({
    permission: legacy[role],
    role_name: roleName,
    user: { ...userShape(call.world, account), permissions: roleShape(role), role_name: roleName },
  } satisfies PermissionShape);
}

export const repositoryRoutes: RepositoryRoute[] = [
  {
    method: 'GET',
    pattern: '',
    need: metadata,
    handle: (call) => {
      const { caller } = call;
      const role = caller.kind === 'user' ? roleOf(call.repository, caller.token.account) : 'read';
      return ok(fullRepositoryShape(call.world, call.repository, role));
    },
  },
  {
    method: 'GET',
    pattern: '/collaborators/:login/permission',
    need: { permissions: { metadata: 'read' }, role: 'read', guarded: true },
    handle: permission,
  },
  {
    method: 'GET',
    pattern: '/collaborators',
    need: { permissions: { metadata: 'read' }, role: 'write', guarded: true },
    handle: (call) =>
      paged(call, [...call.repository.roles], ([login, role]) => ({
        ...userShape(call.world, call.world.account(login)),
        permissions: roleShape(role),
        role_name: role,
      })),
  },
];
