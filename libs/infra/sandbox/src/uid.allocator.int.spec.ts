import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildLibrary } from './library.build.js';
import { UidAllocator, type HeldUid } from './uid.allocator.js';

buildLibrary();
const library = new URL('../dist/uid.allocator.js', import.meta.url).href;
const range = { first: 1_950_000_000, count: 4 };
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-uids-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Another process of this machine that works with the same folder; answers what it printed. */
const elsewhere = (script: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const text = `import { UidAllocator } from ${JSON.stringify(library)}; import fs from 'node:fs';
      const folder = ${JSON.stringify(folder)}; const uids = new UidAllocator(folder, ${JSON.stringify(range)}); ${script}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', text], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('error', reject);
    child.once('close', () => resolve(out.trim()));
  });

describe('the uids of a machine', () => {
  it('are never held by two at once, whoever dies in between', async () => {
    // Each holder makes a folder that nobody else may find there; one in four rounds it dies without a word.
    const contend = `let twice = 0, held = 0;
      for (let i = 0; i < 40; i++) {
        let own; try { own = uids.take(0); } catch { i--; await new Promise((resolve) => setTimeout(resolve, 1)); continue; }
        try { fs.mkdirSync(folder + '-' + own.uid); } catch { twice++; }
        held++;
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
        fs.rmdirSync(folder + '-' + own.uid);
        if (i > 20 && Math.random() < 0.25) break;
        uids.release(own);
      }
      console.log(JSON.stringify({ twice, held }));`;
    const told = await Promise.all(Array.from({ length: 8 }, () => elsewhere(contend)));
    const sums = told.map((line) => JSON.parse(line) as { twice: number; held: number });
    expect(sums.reduce((sum, { twice }) => sum + twice, 0)).toBe(0);
    for (const { held } of sums) expect(held).toBeGreaterThan(0);
    const names = readdirSync(folder);
    expect(names.filter((name) => name.includes('~'))).toEqual([]);
    // All are free again: the dead have no claim.
    const uids = new UidAllocator(folder, range);
    const all = names.map(() => uids.take(0));
    for (const own of all) expect(uids.release(own)).toBe(true);
  });

  it('can be given back and swept only by the run that holds them', async () => {
    const dead = JSON.parse(await elsewhere('console.log(JSON.stringify(uids.take(0)))')) as HeldUid;
    const uids = new UidAllocator(folder, { ...range, first: dead.uid, count: 1 });
    expect(uids.holds(dead)).toBe(true);
    const own = uids.take(0);
    expect(own.uid).toBe(dead.uid);
    expect(uids.holds(dead)).toBe(false);
    expect(uids.release(dead)).toBe(false);
    expect(uids.holds(own)).toBe(true);
    expect(() => uids.take(own.uid)).toThrow(/in use/);
    expect(uids.release(own)).toBe(true);
  });

  it('prefer the owner of the workspace', () => {
    const uids = new UidAllocator(folder, range);
    expect(uids.take(range.first + 2).uid).toBe(range.first + 2);
    expect(uids.take(range.first + 2).uid).not.toBe(range.first + 2);
    expect(uids.take(0).uid).toBeGreaterThanOrEqual(range.first);
  });
});
