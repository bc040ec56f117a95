import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { identify, isRunning, signal } from '../process.identity.js';
import { holderOf, takeLock } from './lock.js';
import { jsonLines, LogFile } from './log.file.js';

describe('on a real file system', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-lock-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('a lock has one holder, and is free after release', async () => {
    const path = join(folder, 'lock');
    const first = await takeLock(path);
    expect(first.taken).toBe(true);
    expect(await takeLock(path)).toMatchObject({ taken: false, holder: { pid: process.pid } });
    if (first.taken) first.release();
    expect(holderOf(path)).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a lock of a dead process, and of one whose number lives on in another, is free for exactly one', async () => {
    const path = join(folder, 'lock');
    const reused = { pid: process.ppid, started: 'another boot:1' };
    for (const dead of [{ pid: 2 ** 22 + 1, started: 'x' }, reused]) {
      writeFileSync(path, JSON.stringify(dead));
      const answers = await Promise.all([takeLock(path), takeLock(path), takeLock(path)]);
      expect(answers.filter(({ taken }) => taken)).toHaveLength(1);
      for (const answer of answers) if (answer.taken) answer.release();
    }
  });

  it('a process is known by its start, and is gone once it has ended', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identify(child.pid!)!;
    expect(isRunning(identity)).toBe(true);
    expect(isRunning({ ...identity, started: 'x' })).toBe(false);
    expect(signal({ ...identity, started: 'x' }, 'SIGKILL')).toBe(false);
    expect(signal(identity, 'SIGKILL')).toBe(true);
    await once(child, 'exit');
    expect(isRunning(identity)).toBe(false);
  });

  it('a log stays bounded and keeps its last lines', () => {
    const log = new LogFile(join(folder, 'a.log'), 100);
    for (let at = 0; at < 100; at += 1) log.write(`${'x'.repeat(50)}${at}\n`);
    log.close();
    expect(readdirSync(folder).sort()).toEqual(['a.log', 'a.log.1', 'a.log.2', 'a.log.3', 'a.log.4']);
  });

  it('lines that are not JSON become JSON, also when they come in pieces or never end', () => {
    const seen: string[] = [];
    const lines = jsonLines(
      'api',
      (line) => seen.push(line),
      () => 5,
    );
    lines.push('{"a":1}\nError: bo');
    lines.push('om\n');
    lines.push('y'.repeat(70_000));
    lines.end();
    expect(seen[0]).toBe('{"a":1}\n');
    expect(JSON.parse(seen[1] ?? '')).toEqual({ level: 50, time: 5, name: 'api', msg: 'Error: boom' });
    expect(JSON.parse(seen[2] ?? '').msg).toHaveLength(65_536);
  });
});
