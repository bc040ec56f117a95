import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfCode, ownCode } from './code.digest.js';
import { gates } from './gates/index.js';
import { gateSetDigest } from './verdict/verdict.js';

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-code-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the digest of the gates', () => {
  it('changes with any code that they are made of, and with nothing else', () => {
    mkdirSync(join(dir, 'gates'));
    const write = (name: string, text: string): string => {
      writeFileSync(join(dir, name), text);
      return digestOfCode([dir]);
    };
    const first = write('gates/a.gate.js', 'export const a = 1;');
    expect(write('gates/a.gate.spec.js', 'test')).toBe(first);
    expect(write('gates/a.gate.js.map', '{}')).toBe(first);
    expect(write('gates/a.gate.d.ts', 'type')).toBe(first);
    const second = write('gates/a.gate.js', 'export const a = 2;');
    expect(second).not.toBe(first);
    expect(write('names.js', '')).not.toBe(second);
    rmSync(join(dir, 'names.js'));
    expect(write('gates/a.gate.js', 'export const a = 1;')).toBe(first);
  });

  it('holds the code of this room and of those it reads with', () => {
    expect(ownCode()).toMatch(/^[0-9a-f]{64}$/);
    expect(ownCode()).toBe(ownCode());
    expect(ownCode()).not.toBe(digestOfCode([import.meta.dirname]));
    expect(gateSetDigest(gates, ownCode())).not.toBe(gateSetDigest(gates, 'other'));
  });
});
