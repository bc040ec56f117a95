import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { judgeClocks } from './clock.check.js';
import { judgeServer } from './database.check.js';
import { judgeDisk } from './disk.check.js';
import { judgeGit } from './git.check.js';
import { checks, stopsServing } from './index.js';
import { judgeSchema } from './migrations.check.js';
import { judgeNode } from './node.check.js';

const files = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.check.ts'));

describe('the list of checks', () => {
  it('is exactly the files of this folder, named after their ids', () => {
    expect(checks.map(({ id }) => `${id}.check.ts`).sort()).toEqual(files.sort());
  });

  it('has no id twice and no empty title', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    expect(checks.every(({ title }) => title.length > 0)).toBe(true);
    expect(checks.map(({ id }) => id)).toEqual(expect.arrayContaining([...stopsServing]));
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
});
