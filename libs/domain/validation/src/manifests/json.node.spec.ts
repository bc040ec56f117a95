import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalOf, objectAt, readJson, textAt, textsOf } from './json.node.js';

const rootOf = (source: string) => {
  const read = readJson(source);
  if (!read.ok) throw new TypeError(read.why);
  return read.root;
};

describe('readJson', () => {
  it('knows the line of everything', () => {
    const root = rootOf('{\n  "scripts": {\n    "a": "x",\n    "b": "y"\n  }\n}\n');
    expect([...textsOf(objectAt(root, 'scripts'))]).toEqual([
      ['a', { text: 'x', line: 3 }],
      ['b', { text: 'y', line: 4 }],
    ]);
    expect(textAt(root, 'scripts')).toBeNull();
  });

  it('tells keys that are given twice, and takes __proto__ for a key like any other', () => {
    const read = readJson('{"a":1,\n"\\u0061":2,"__proto__":{"x":"y"}}');
    expect(read).toMatchObject({ ok: true, twice: [{ key: 'a', line: 2 }] });
    expect(textAt(objectAt(rootOf('{"__proto__":{"x":"y"}}'), '__proto__'), 'x')).toBe('y');
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it.each([
    ['', 1],
    ['{', 1],
    ['{"a"}', 1],
    ['[1,]', 1],
    ['{"a":1,}', 1],
    ['[1 2]', 1],
    ['{\n"a": tru }', 2],
    ['{} x', 1],
    ['"\t"', 1],
    ['[01]', 1],
    ['// no\n{}', 1],
    ['['.repeat(1_000_000), 1],
    ['{"a":'.repeat(1_000_000), 1],
    [`"${'\\'.repeat(1_000_001)}`, 1],
  ])('refuses %.20s', (source, line) => expect(readJson(source)).toMatchObject({ ok: false, line }));

  it('reads what JSON.parse reads, and nothing else', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), (text) => {
        expect(JSON.parse(canonicalOf(rootOf(text)))).toEqual(JSON.parse(text));
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom('{', '}', '[', ']', '"a"', ':', ',', '1', ' ')), (parts) => {
        const text = parts.join('');
        let parsed = true;
        try {
          JSON.parse(text);
        } catch {
          parsed = false;
        }
        expect(readJson(text).ok).toBe(parsed);
      }),
    );
  });
});
