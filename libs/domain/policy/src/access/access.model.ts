import { permissions, type Permission, type PrincipalKind, type Role } from '@gatehouse/contracts';

const viewer: readonly Permission[] = [
  'jobs:read',
  'repositories:read',
  'policies:read',
  'candidates:read',
  'promotions:read',
  'artifacts:read',
  'self:read',
];

/** What each role grants. A principal with several roles holds all of their permissions. */
export const grants: Readonly<Record<Role, readonly Permission[]>> = {
  viewer,
  requester: [...viewer, 'jobs:create', 'jobs:cancel', 'artifacts:create'],
  approver: [...viewer, 'promotions:approve'],
  operator: [
    ...viewer,
    'jobs:cancel',
    'sessions:operate',
    'repositories:write',
    'promotions:operate',
    'workers:read',
    'workers:operate',
    'tasks:read',
    'tasks:operate',
    'ledger:read',
    'principals:read',
  ],
  // A worker's door stays shut even to admins: what comes through it counts as a worker's word.
  admin: permissions.filter((permission) => permission !== 'worker:act'),
  worker: ['worker:act', 'self:read'],
  agent: ['self:read', 'jobs:read'],
};

/** Whoever could write principals or policies could make itself an approver, or the approval unnecessary (I7). */
const noMachine: readonly Permission[] = [
  'promotions:approve',
  'promotions:operate',
  'principals:write',
  'policies:write',
  'policies:activate',
  'repositories:write',
  // What was stopped, as an agent that handed on bait, goes on at a person's word alone.
  'sessions:operate',
];

/** What a kind of principal never holds, whatever its roles say. */
export const denials: Readonly<Record<PrincipalKind, readonly Permission[]>> = {
  user: [],
  service: [],
  worker: noMachine,
  agent: [...noMachine, 'worker:act'],
};

/** Deny wins, and where no rule speaks the effect is deny. */
export const accessModel = `
[request_definition]
r = kind, roles, act
[policy_definition]
p = sub, act, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = holds(r.kind, r.roles, p.sub) && r.act == p.act
`;

/** The table above as casbin's rules: subject, permission, effect. */
export const accessRules: readonly (readonly [string, Permission, 'allow' | 'deny'])[] = [
  ...Object.entries(grants).flatMap(([role, list]) =>
    list.map((permission) => [`role:${role}`, permission, 'allow'] as const),
  ),
  ...Object.entries(denials).flatMap(([kind, list]) =>
    list.map((permission) => [`kind:${kind}`, permission, 'deny'] as const),
  ),
];
