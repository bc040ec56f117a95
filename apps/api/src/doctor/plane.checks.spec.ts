import { describe, expect, it } from '@jest/globals';
import { judgeOffers } from './plane.checks.js';

const uid = { worker: 'w1', kind: 'process_sandbox', mode: 'uid', detail: 'one uid per lease' } as const;
const docker = { worker: 'w1', kind: 'docker_sandbox', mode: 'docker', detail: 'engine 20' } as const;
const open = { worker: 'w2', kind: 'process_sandbox', mode: 'unisolated', detail: 'no walls' } as const;

describe('what workers offer', () => {
  it.each([
    ['process_sandbox', [uid, docker], 'PASS'],
    ['docker_sandbox', [uid, docker], 'PASS'],
    ['docker_sandbox', [uid], 'WARN'],
    ['process_sandbox', [docker], 'WARN'],
    ['process_sandbox', [], 'FAIL'],
    ['process_sandbox', [uid, open], 'FAIL'],
    ['docker_sandbox', [docker, open], 'PASS'],
  ] as const)('%s of %j: %s', (kind, offers, status) =>
    expect(judgeOffers(kind, offers).status).toBe(status),
  );

  it('names the worker that isolates nothing', () =>
    expect(judgeOffers('process_sandbox', [uid, open]).detail).toContain('w2: unisolated'));
});
