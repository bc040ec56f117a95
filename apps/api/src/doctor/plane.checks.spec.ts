import { describe, expect, it } from '@jest/globals';
import { judgeOffers, judgeTasks } from './plane.checks.js';

const uid = { worker: 'w1', kind: 'process_sandbox', mode: 'uid', detail: 'one uid per lease' } as const;
const docker = { worker: 'w1', kind: 'docker_sandbox', mode: 'docker', detail: 'engine 20' } as const;
const open = { worker: 'w2', kind: 'process_sandbox', mode: 'unisolated', detail: 'no walls' } as const;

describe('tasks', () => {
  const since = new Date('2026-01-02T03:04:05Z');
  const next = new Date('2026-01-02T13:04:05Z');
  const outage = { tasks: 3, since, next, error: 'forge.unavailable: no answer' };

  it('that wait for others are told with the reason, since when, and when they are tried again', () => {
    const { status, detail } = judgeTasks(0, 5, outage);
    expect(status).toBe('WARN');
    for (const word of ['3', since.toISOString(), next.toISOString(), outage.error])
      expect(detail).toContain(word);
  });

  it('that are dead are told beside them', () => {
    expect(judgeTasks(0, 5)).toMatchObject({ status: 'PASS' });
    expect(judgeTasks(2, 5)).toMatchObject({ status: 'WARN', detail: '2 dead' });
    expect(judgeTasks(2, 5, outage).detail).toMatch(/^2 dead; 3 wait since /);
  });
});

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
