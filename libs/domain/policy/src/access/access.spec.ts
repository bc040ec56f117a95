import { describe, expect, it } from '@jest/globals';
import { permissions, PrincipalKind, Role, type Permission } from '@gatehouse/contracts';
import fc from 'fast-check';
import { accessModel, accessRules } from './access.model.js';
import { enforcerOf, mayDo, permissionsOf } from './access.js';

const held = (kind: PrincipalKind, ...roles: Role[]) =>
  permissionsOf({ kind, roles, disabled: false }).sort();

// Written out once more by hand: a change of the table has to be meant twice.
const matrix: Record<Role, string> = {
  viewer:
    'artifacts:read candidates:read jobs:read policies:read promotions:read repositories:read self:read',
  requester:
    'artifacts:create artifacts:read candidates:read jobs:cancel jobs:create jobs:read policies:read promotions:read repositories:read self:read',
  approver:
    'artifacts:read candidates:read jobs:read policies:read promotions:approve promotions:read repositories:read self:read',
  operator:
    'artifacts:read candidates:read jobs:cancel jobs:read ledger:read policies:read principals:read promotions:operate promotions:read repositories:read repositories:write self:read sessions:operate tasks:operate tasks:read workers:operate workers:read',
  admin: [...permissions]
    .filter((p) => p !== 'worker:act')
    .sort()
    .join(' '),
  worker: 'self:read worker:act',
  agent: 'jobs:read self:read',
};
const neverForMachines: Permission[] = [
  'promotions:approve',
  'promotions:operate',
  'principals:write',
  'policies:write',
  'policies:activate',
  'repositories:write',
  'sessions:operate',
];

describe('mayDo', () => {
  describe.each(Role.options)('role %s', (role) => {
    it.each(['user', 'service'] as const)('of a %s has exactly its row', (kind) => {
      expect(held(kind, role).join(' ')).toBe(matrix[role]);
    });

    it('of a worker or an agent has its row without what machines never hold', () => {
      const row = matrix[role].split(' ').filter((p) => !neverForMachines.includes(p as Permission));
      expect(held('worker', role)).toEqual(row);
      expect(held('agent', role)).toEqual(row.filter((p) => p !== 'worker:act'));
    });
  });

  it('never lets an agent or a worker approve, whatever roles it collects (I7)', () => {
    fc.assert(
      fc.property(fc.subarray(Role.options), fc.constantFrom('agent', 'worker'), (roles, kind) => {
        const decision = mayDo(
          { kind, roles, disabled: false } as Parameters<typeof mayDo>[0],
          'promotions:approve',
        );
        expect(decision.allowed).toBe(false);
        expect(decision.reason).toBe(`A principal of kind ${kind} never holds promotions:approve.`);
      }),
    );
  });

  it('gives nothing to a disabled principal or to one without roles', () => {
    for (const kind of PrincipalKind.options) {
      expect(permissionsOf({ kind, roles: [...Role.options], disabled: true })).toEqual([]);
      expect(held(kind)).toEqual([]);
    }
  });

  it('denies unknown kinds, roles and permissions', () => {
    const subject = { kind: 'user', roles: ['root' as Role], disabled: false } as const;
    expect(mayDo(subject, 'jobs:read').allowed).toBe(false);
    expect(mayDo({ ...subject, roles: ['admin'] }, 'jobs:*' as Permission).allowed).toBe(false);
    expect(mayDo({ ...subject, kind: 'god' as 'user', roles: [] }, 'jobs:read').allowed).toBe(false);
  });

  it('gives several roles the sum of their rows', () => {
    expect(held('user', 'requester', 'approver')).toEqual(
      [...new Set([...matrix.requester.split(' '), ...matrix.approver.split(' ')])].sort(),
    );
  });
});

describe('enforcerOf', () => {
  it('lets a deny win over any number of allows, in either order', () => {
    const deny = ['kind:user', 'jobs:read', 'deny'] as const;
    for (const rules of [
      [...accessRules, deny],
      [deny, ...accessRules],
    ]) {
      expect(enforcerOf(accessModel, rules)('user', ['viewer', 'admin'], 'jobs:read')).toBe(false);
      expect(enforcerOf(accessModel, rules)('user', ['viewer'], 'self:read')).toBe(true);
    }
  });

  it('denies where a rule breaks the matcher', () => {
    const broken = accessModel.replace('r.act == p.act', 'explode(r.act)');
    expect(enforcerOf(broken, accessRules)('user', ['admin'], 'jobs:read')).toBe(false);
  });
});
