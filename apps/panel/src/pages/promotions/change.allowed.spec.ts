import { describe, expect, it } from '@jest/globals';
import type { Job, Me, Role } from '@gatehouse/contracts';
import { aJob, requester } from '../../testing.js';
import { changeAllowed, type Asked } from './change.allowed.js';

const me = (id: string, ...roles: Role[]): Me => ({
  principal: { id, name: 'ada', kind: 'user', roles, disabled: false, createdAt: '2026-01-01T00:00:00.000Z' },
  permissions: ['jobs:read'],
});
const other = 'prn_01K0000000000000000000000M';
const spec = (adapter: string) => ({ spec: { agent: { adapter } } }) as unknown as Job['spec'];
const asked = (change: Partial<Asked> = {}): Asked => ({
  pull: { state: 'open' },
  session: { state: 'idle' },
  job: aJob({ spec: spec('command') }),
  ...change,
});
const usable = { shown: true, why: null };

describe('changeAllowed', () => {
  it('is for who asked for the job and for those who review', () => {
    expect(changeAllowed(asked(), me(requester.id, 'requester'))).toEqual(usable);
    for (const role of ['approver', 'operator', 'admin'] as const)
      expect(changeAllowed(asked(), me(other, role))).toEqual(usable);
    for (const role of ['viewer', 'requester'] as const)
      expect(changeAllowed(asked(), me(other, role))).toEqual({ shown: false });
  });

  it('is there only while the pull request is open, and an agent could be asked', () => {
    const admin = me(other, 'admin');
    for (const pull of [null, { state: 'merged' }, { state: 'closed' }] as const)
      expect(changeAllowed(asked({ pull }), admin)).toEqual({ shown: false });
    expect(changeAllowed(asked({ job: aJob({ spec: spec('patch') }) }), admin)).toEqual({ shown: false });
    expect(changeAllowed(asked({ job: undefined }), admin)).toEqual({ shown: false });
  });

  it('says why it has to wait while an attempt is at work', () => {
    expect(changeAllowed(asked({ session: { state: 'running' } }), me(other, 'admin'))).toEqual({
      shown: true,
      why: expect.stringContaining('already'),
    });
  });
});
