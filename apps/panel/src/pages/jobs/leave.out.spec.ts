import { describe, expect, it } from '@jest/globals';
import { JobSpec } from '@gatehouse/contracts';
import { leavingOut } from './leave.out.js';

const spec = JobSpec.parse({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name: 'a' },
  spec: { repository: 'demo', goal: 'Do it', agent: { adapter: 'command', command: ['true'] } },
});

describe('leavingOut', () => {
  it('tells the agent what to leave alone, and changes nothing else', () => {
    const { spec: changed, ...rest } = leavingOut(spec, ['.env', 'src/a b.ts']);
    expect(changed.goal).toBe('Do it\n\nLeave these files as they are:\n- .env\n- src/a b.ts\n');
    expect({ ...rest, spec: { ...changed, goal: 'Do it' } }).toEqual(spec);
    expect(leavingOut(spec, [])).toBe(spec);
  });
});
