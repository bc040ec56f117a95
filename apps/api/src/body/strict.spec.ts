import { GatehouseError } from '@gatehouse/contracts';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maxDepth, parseStrictJson } from './strict.json.js';
import { parseStrictYaml } from './strict.yaml.js';

const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return error instanceof GatehouseError ? error.code : String(error);
  }
  return 'read';
};

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('strict JSON', () => {
  it('reads what JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value, null, 1);
        const keys = [...text.matchAll(/"(__proto__|constructor|prototype)"/g)];
        const rounded = [...text.matchAll(/-?\d[\d.eE+-]*/g)].some(
          ([number]) => Number.isInteger(Number(number)) && !Number.isSafeInteger(Number(number)),
        );
        fc.pre(keys.length === 0 && !rounded);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['a repeated key', '{"a":1,"a":2}'],
    ['a repeated key, escaped', '{"a":1,"\\u0061":2}'],
    ['a repeated key, deep inside', '[{"b":[{"a":1,"b":{},"a":2}]}]'],
    ['__proto__', '{"x":{"__proto__":{}}}'],
    ['__proto__, escaped', '{"__pr\\u006fto__":{}}'],
    ['constructor', '{"constructor":1}'],
    ['a number that would be rounded', '{"a":9007199254740993}'],
    ['the same with an exponent', '[1e300]'],
    ['no number at all', '[1e999]'],
    ['too deep', nested(maxDepth + 1)],
    ['very deep', '['.repeat(200_000)],
    ['no end of a string', '{"a'],
    ['a comma too many', '[1,]'],
    ['two values', '{} {}'],
    ['a comment', '{} // no'],
    ['a bad escape in a key', '{"\\x":1}'],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => parseStrictJson(text))).toBe('request.malformed');
  });

  it.each([
    ['a key as a value', '{"a":"a","b":"a","c":["a","a"]}'],
    ['the same key in two objects', '[{"a":1},{"a":2}]'],
    ['a forbidden name as a value', '{"a":"__proto__"}'],
    ['braces and digits in strings', '{"a":"{\\"a\\":9007199254740993,","b":"]}[["}'],
    ['the largest safe number', '[9007199254740991,-9007199254740991,0.1,1e3]'],
    ['a key that ends in a backslash', '{"a\\\\":1,"a":2}'],
    ['the deepest that is allowed', nested(maxDepth)],
  ])('reads %s', (_, text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
  });
});

describe('strict YAML', () => {
  it('reads what people write', () => {
    expect(parseStrictYaml('a: {b: [1, two, "3"]}\nc: |\n  text\nd: yes\n')).toEqual({
      a: { b: [1, 'two', '3'] },
      c: 'text\n',
      d: 'yes',
    });
  });

  const laughs = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefgh'.split('').map((name, i) => {
      const above = 'abcdefgh'[i] as string;
      return `${name}: &${name} [${Array(9).fill(`*${above}`).join(',')}]`;
    }),
  ].join('\n');

  it.each([
    ['a repeated key', 'a: 1\na: 2'],
    ['a repeated key in flow', '{a: 1, a: 2}'],
    ['__proto__', '__proto__: {a: 1}'],
    ['a billion laughs', laughs],
    ['itself', '&a [*a]'],
    ['a tag of code', '!!js/function "x"'],
    ['a rounded number', 'a: 9007199254740993'],
    ['infinity', 'a: .inf'],
    ['no number', 'a: .nan'],
    ['a key that is a list', '? [a]\n: 1'],
    ['two documents', 'a: 1\n---\nb: 2'],
    ['a tab as indent', 'a:\n\tb: 1'],
    ['very deep', '['.repeat(100_000)],
    ['very deep in blocks', `${'- '.repeat(200_000)}x`],
    ['very deep by indent', Array.from({ length: 1_000 }, (_, i) => `${' '.repeat(i)}k:`).join('\n')],
    ['deep', `${'['.repeat(maxDepth + 2)}${']'.repeat(maxDepth + 2)}`],
  ])('refuses %s', (_, text) => {
    expect(codeOf(() => parseStrictYaml(text))).toBe('request.malformed');
  });

  it('tells many keys apart in time', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${i}: 1`).join('\n');
    expect(Object.keys(parseStrictYaml(text) as object)).toHaveLength(20_000);
  });
});
