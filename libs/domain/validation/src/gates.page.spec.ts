import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attackGroups } from './corpus/attack.groups.fixture.js';
import { gateCodes } from './gate.codes.js';
import { gates } from './gates/index.js';
import { gatesPage } from './gates.page.js';

const here = import.meta.dirname;
const codesOf = (id: string): string[] => (gateCodes[id] ?? []).map(([code]) => code);
const prefixes = new Set(gates.flatMap(({ id }) => codesOf(id)).map((code) => code.split('.')[0]!));

describe('docs/gates.md', () => {
  it('is what the registry prints', () => {
    expect(readFileSync(join(here, '../../../../docs/gates.md'), 'utf8')).toBe(gatesPage());
  });

  it('knows every gate, and none that is gone', () => {
    expect(Object.keys(gateCodes).sort()).toEqual(gates.map(({ id }) => id).sort());
    for (const { id } of gates) expect([id, new Set(codesOf(id)).size]).toEqual([id, codesOf(id).length]);
  });

  it.each(gates.map(({ id }) => id))('lists every reason that the file of %s names', (id) => {
    const source = readFileSync(join(here, 'gates', `${id}.gate.ts`), 'utf8');
    const named = [...source.matchAll(/code:\s*'([a-z_]+\.[a-z_]+)'|\[\s*'([a-z_]+\.[a-z_]+)',/g)]
      .map(([, a, b]) => a ?? b!)
      .filter((code) => prefixes.has(code.split('.')[0]!) && !/^(?:mode|path)\.change$/.test(code));
    expect(named.filter((code) => !codesOf(id).includes(code))).toEqual([]);
  });

  it('lists every reason that the corpus expects', () => {
    const known = new Set(gates.flatMap(({ id }) => codesOf(id)));
    const expected = attackGroups
      .flatMap(([, attacks]) => attacks.flatMap(({ ends }) => ends))
      .filter((code) => code !== 'tree' && code !== 'noop');
    expect(expected.length).toBeGreaterThan(100);
    expect([...new Set(expected)].filter((code) => !known.has(code))).toEqual([]);
  });
});
