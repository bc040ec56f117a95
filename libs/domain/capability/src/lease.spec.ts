import { JobSpec } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import { chooseKind, limitsOf } from './lease.js';

const { spec } = JobSpec.parse({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name: 'x' },
  spec: { goal: 'g', agent: { adapter: 'command', command: ['true'] }, limits: { execution: '90m' } },
});

describe('the kind of sandbox', () => {
  it('is the first wanted one that is offered, whatever the order of the offer', () => {
    const offer = [{ kind: 'process_sandbox' as const }, { kind: 'docker_sandbox' as const }];
    expect(chooseKind(['docker_sandbox', 'process_sandbox'], offer)).toBe('docker_sandbox');
    expect(chooseKind(['process_sandbox', 'docker_sandbox'], offer)).toBe('process_sandbox');
  });

  it('is none where nothing fits', () => {
    expect(chooseKind(['docker_sandbox'], [{ kind: 'process_sandbox' }])).toBeUndefined();
    expect(chooseKind([], [{ kind: 'process_sandbox' }])).toBeUndefined();
  });
});

describe('the limits of a run', () => {
  it('takes the shorter of what the job asks and policy allows', () => {
    expect(limitsOf(spec, 10).executionMs).toBe(600_000);
    expect(limitsOf(spec, 600).executionMs).toBe(5_400_000);
  });
});
