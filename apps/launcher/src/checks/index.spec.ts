import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { judgeForge } from './github.check.js';
import { judgeModes } from './data-directory.check.js';
import { checks, own } from './index.js';
import { judgeIsolation } from './isolation.check.js';
import { judgeProcesses } from './processes.check.js';

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.check.ts'));

describe('the list of checks', () => {
  it('is exactly the files of this folder, named after their ids', () => {
    expect(own.map(({ id }) => `${id}.check.ts`).sort()).toEqual(files.sort());
  });

  it('has no id twice and no empty title', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(checks.every(({ title }) => title.length > 0)).toBe(true);
  });
});

describe('what a check makes of what it saw', () => {
  const file = { path: '/d/x.token', forbidden: 0o077, mode: '600', uid: 7 };
  it.each([
    [{ ...file, actual: 0o100600 }, 'PASS'],
    [{ ...file, actual: 0o100640 }, 'FAIL'],
    [{ ...file, actual: 0o100604 }, 'FAIL'],
    [{ ...file, actual: 0o100600, uid: 8 }, 'FAIL'],
    [{ ...file, forbidden: 0o067, actual: 0o040710 }, 'PASS'],
    [{ ...file, forbidden: 0o067, actual: 0o040711 }, 'FAIL'],
  ])('%j: %s', (seen, status) => expect(judgeModes('/d', [seen], 7).status).toBe(status));

  const docker = { kind: 'docker_sandbox', mode: 'docker', detail: 'd' } as const;
  const bubble = { kind: 'process_sandbox', mode: 'bubblewrap', detail: 'b' } as const;
  const none = { kind: 'process_sandbox', mode: 'unisolated', detail: 'u' } as const;
  it.each([
    [[{ ...bubble, available: true }], 'PASS'],
    [
      [
        { ...bubble, available: false },
        { ...docker, available: true },
      ],
      'WARN',
    ],
    [
      [
        { ...bubble, available: false },
        { ...docker, available: false },
      ],
      'FAIL',
    ],
    [
      [
        { ...bubble, available: false },
        { ...none, available: true },
      ],
      'FAIL',
    ],
    [
      [
        { ...none, available: true },
        { ...bubble, available: true },
      ],
      'PASS',
    ],
    [[], 'FAIL'],
  ])('%j: %s', (probes, status) => expect(judgeIsolation(probes).status).toBe(status));

  it('names every fault of the forge, and first what to do about the worst', () => {
    const line = (check: string, ok: boolean) => ({
      check,
      ok,
      detail: `${check} seen`,
      fix: `mend ${check}`,
    });
    const of = (...lines: ReturnType<typeof line>[]) => judgeForge({ url: 'https://x' }, lines);
    expect(of(line('forge.app', true))).toEqual({ status: 'PASS', detail: 'https://x: forge.app seen' });
    expect(of(line('forge.app', true), line('forge.webhook', false))).toEqual({
      status: 'WARN',
      detail: 'https://x: forge.webhook seen',
      fix: 'mend forge.webhook',
    });
    expect(of(line('forge.webhook', false), line('forge.permissions', false))).toEqual({
      status: 'FAIL',
      detail: 'https://x: forge.webhook seen; forge.permissions seen',
      fix: 'mend forge.permissions',
    });
  });

  it('names the part that keeps dying, and its log', () => {
    const part = { name: 'engine', state: 'ready', process: null, restarts: 0, lastExit: 'exit 7' } as const;
    const of = (
      ...processes: (typeof part | (Omit<typeof part, 'state'> & { state: 'crash_loop' | 'starting' }))[]
    ) =>
      judgeProcesses(
        {
          supervisor: { pid: 1, started: '' },
          state: 'degraded',
          startedAt: '',
          url: null,
          localUrl: null,
          steps: [],
          failure: null,
          boundary: null,
          logins: null,
          processes,
        },
        '/logs',
      );
    expect(of(part).status).toBe('PASS');
    expect(of({ ...part, state: 'starting' }).status).toBe('WARN');
    expect(of(part, { ...part, state: 'crash_loop' })).toEqual({
      status: 'FAIL',
      detail: expect.stringContaining('engine keeps dying (last: exit 7)'),
      fix: 'tail -n 50 /logs/engine.log',
    });
  });
});
