import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { judgeClocks } from './clock.check.js';
import { judgeModes } from './data-directory.check.js';
import { judgeServer } from './database.check.js';
import { judgeDisk } from './disk.check.js';
import { judgeGit } from './git.check.js';
import { checks } from './index.js';
import { judgeIsolation } from './isolation.check.js';
import { judgeSchema } from './migrations.check.js';
import { judgeNode } from './node.check.js';
import { judgeProcesses } from './processes.check.js';

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.check.ts'));

describe('the list of checks', () => {
  it('is exactly the files of this folder, named after their ids', () => {
    expect(checks.map(({ id }) => `${id}.check.ts`).sort()).toEqual(files.sort());
  });

  it('has no id twice and no empty title', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(checks.every(({ title }) => title.length > 0)).toBe(true);
  });
});

describe('what a check makes of what it saw', () => {
  it.each([
    ['20.18.3', 'FAIL'],
    ['20.19.0', 'PASS'],
    ['21.7.0', 'FAIL'],
    ['22.12.0', 'FAIL'],
    ['22.13.1', 'PASS'],
    ['23.0.0', 'FAIL'],
    ['24.10.0', 'FAIL'],
    ['24.11.0', 'PASS'],
    ['26.0.0', 'PASS'],
  ])('Node %s: %s', (version, status) => expect(judgeNode(version).status).toBe(status));

  it.each([
    ['git version 2.37.9', 'FAIL'],
    ['git version 2.38.0', 'PASS'],
    ['git version 2.39.5 (Apple Git-154)', 'PASS'],
    ['git version 3.0.1', 'PASS'],
    ['command not found', 'FAIL'],
  ])('%s: %s', (said, status) => expect(judgeGit(said).status).toBe(status));

  it.each([
    [0.5, 1_000, 'FAIL'],
    [3, 1_000, 'WARN'],
    [50, 1_000, 'PASS'],
    [50, 10, 'FAIL'],
  ])('%d GiB and %d of 1000 inodes free: %s', (gib, inodes, status) =>
    expect(judgeDisk('/d', gib * 1024 ** 3, inodes, 1_000).status).toBe(status),
  );

  const file = { path: '/d/x.token', forbidden: 0o077, mode: '600', uid: 7 };
  it.each([
    [{ ...file, actual: 0o100600 }, 'PASS'],
    [{ ...file, actual: 0o100640 }, 'FAIL'],
    [{ ...file, actual: 0o100604 }, 'FAIL'],
    [{ ...file, actual: 0o100600, uid: 8 }, 'FAIL'],
    [{ ...file, forbidden: 0o067, actual: 0o040710 }, 'PASS'],
    [{ ...file, forbidden: 0o067, actual: 0o040711 }, 'FAIL'],
  ])('%j: %s', (seen, status) => expect(judgeModes('/d', [seen], 7).status).toBe(status));

  const server = {
    version: 180_004,
    clock: new Date(0),
    ourClock: new Date(0),
    connections: { used: 5, limit: 100 },
  };
  it.each([
    [server, 'PASS'],
    [{ ...server, version: 140_010 }, 'FAIL'],
    [{ ...server, connections: { used: 90, limit: 100 } }, 'WARN'],
  ])('%j: %s', (facts, status) => expect(judgeServer(facts).status).toBe(status));

  it.each([
    [{ pending: [], unknown: [] }, 'PASS'],
    [{ pending: ['A1'], unknown: [] }, 'FAIL'],
    [{ pending: [], unknown: ['Z9'] }, 'FAIL'],
  ])('%j: %s', (state, status) => expect(judgeSchema(state).status).toBe(status));

  it.each([
    [0, 'PASS'],
    [-900, 'PASS'],
    [-1_500, 'WARN'],
    [3_600_000, 'WARN'],
  ])('clocks %d ms apart: %s', (skew, status) => expect(judgeClocks(skew).status).toBe(status));

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
      'WARN',
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
          steps: [],
          failure: null,
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
