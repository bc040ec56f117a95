import { describe, expect, it } from '@jest/globals';
import { PathGlob } from '@gatehouse/contracts';
import fc from 'fast-check';
import { compileGlob, globMatches, globSet } from './glob.js';
import { coverBudget, uncovered } from './glob.cover.js';
import { rawPath, rawPathOfText, type RawPath } from './path.js';

const matches = (pattern: string, path: string): boolean =>
  globMatches(compileGlob(pattern), rawPathOfText(path));

// The smallest thing that could be right, exponential and all: the oracle.
const oracleSegment = (pattern: string, text: string): boolean => {
  if (pattern === '') return text === '';
  if (pattern[0] === '*') {
    return oracleSegment(pattern.slice(1), text) || (text !== '' && oracleSegment(pattern, text.slice(1)));
  }
  return (
    text !== '' &&
    (pattern[0] === '?' || pattern[0] === text[0]) &&
    oracleSegment(pattern.slice(1), text.slice(1))
  );
};
const oracle = (pattern: readonly string[], path: readonly string[]): boolean => {
  const [first, ...rest] = pattern;
  if (first === undefined) return path.length === 0;
  if (first === '**') {
    if (rest.length === 0) return path.length > 0;
    return oracle(rest, path) || (path.length > 0 && oracle(pattern, path.slice(1)));
  }
  return path.length > 0 && oracleSegment(first, path[0]!) && oracle(rest, path.slice(1));
};

const name = fc.stringMatching(/^[ab]{1,3}$/);
const path = fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'));
const part = fc.oneof(
  fc.constant('**'),
  fc.stringMatching(/^[ab*?]{1,4}$/).map((text) => text.replace(/\*+/g, '*')),
);
const pattern = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

describe('globMatches', () => {
  it.each([
    ['src/**', 'src/a.py', true],
    ['src/**', 'src/a/b/c.py', true],
    ['src/**', 'src', false],
    ['src/**', 'evil/src/a.py', false],
    ['src/**', 'src-evil/a.py', false],
    ['src/**', 'SRC/a.py', false],
    ['**', 'a', true],
    ['**', 'a/b', true],
    ['**/x', 'x', true],
    ['**/x', 'a/b/x', true],
    ['**/x', 'ax', false],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/xb', false],
    ['a/**/**', 'a', false],
    ['**/**/a', 'a', true],
    ['*', 'a', true],
    ['*', 'a/b', false],
    ['*.md', '.md', true],
    ['docs/*', 'docs/a/b', false],
    ['README.md', 'README.md', true],
    ['README.md', 'README.md/x', false],
    ['README.md', 'readme.md', false],
    ['docs', 'docs/a', false],
    ['?.ts', 'a.ts', true],
    ['?.ts', '.ts', false],
    ['?.ts', 'ü.ts', true],
    ['?.ts', '漢.ts', true],
    ['??.ts', 'ü.ts', false],
    ['*??.ts', '漢.ts', false],
    ['a[b]', 'a[b]', true],
    ['a[b]', 'ab', false],
    ['a.b', 'axb', false],
    ['(a|b)+', '(a|b)+', true],
    ['ü/*', 'ü/ö', true],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
  ])('%s on %s: %s', (glob, text, expected) => expect(matches(glob, text)).toBe(expected));

  it('compares bytes, so that a name in another encoding is another name', () => {
    const latin1 = rawPath(Buffer.from([0xfc]));
    expect(globMatches(compileGlob('ü'), latin1)).toBe(false);
    expect(globMatches(compileGlob('?'), latin1)).toBe(true);
    expect(globMatches(compileGlob('*'), rawPath(Buffer.from([0xff, 0x0a, 0x00])))).toBe(true);
  });

  it('does what its definition says', () => {
    fc.assert(
      fc.property(pattern, path, (glob, text) => {
        fc.pre(PathGlob.safeParse(glob).success);
        expect(matches(glob, text)).toBe(oracle(glob.split('/'), text.split('/')));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['stars in a name', `${'*a'.repeat(200)}b`, 'a'.repeat(4000)],
    ['stars and question marks', `${'*?a'.repeat(150)}b`, 'a'.repeat(4000)],
    ['double stars', `${'**/a/'.repeat(90)}b`, 'a/'.repeat(2000).slice(0, -1)],
    ['both', `${'**/*a*a/'.repeat(55)}b`, 'aaa/'.repeat(1000).slice(0, -1)],
  ])('stays within pattern times path: %s', (_, glob, text) => {
    const steps = { count: 0 };
    expect(globMatches(compileGlob(glob), text as RawPath, steps)).toBe(false);
    expect(steps.count).toBeLessThan(2 * glob.length * text.length);
  });
});

describe('globSet', () => {
  it('finds the first pattern that matches, as asking one by one would', () => {
    fc.assert(
      fc.property(fc.array(pattern, { maxLength: 8 }), path, (globs, text) => {
        const expected = globs.find((glob) => matches(glob, text)) ?? null;
        expect(globSet(globs).match(rawPathOfText(text))).toBe(expected);
      }),
    );
  });

  it.each([
    // One for each place that a pattern is looked up by.
    [['src/**', '**/b.ts', '**/x/*', '**/*.md', '**/read*', '**'], 'a/b.ts', '**/b.ts'],
    [['src/**', '**/x/*', '**/*.md', '**/read*'], 'a/x/q', '**/x/*'],
    [['**/*.md', '**/read*'], 'a/readme.md', '**/*.md'],
    [['**/read*', '**/*.md'], 'a/readme.md', '**/read*'],
    [['**', 'src/a', '**/a'], 'src/a', '**'],
    [['**/a', 'src/a', '**'], 'src/a', '**/a'],
    [['**/?', '**/ü'], 'a/ü', '**/?'],
    [['**/*ü', '**/*'], 'a/xü', '**/*ü'],
  ])('%j on %s: %s', (globs, text, expected) => {
    expect(globSet(globs).match(rawPathOfText(text))).toBe(expected);
  });

  it('matches nothing where it is empty', () => {
    expect(globSet([]).match(rawPathOfText('a'))).toBeNull();
  });
});

describe('uncovered', () => {
  it.each([
    ['**', ['**'], undefined],
    ['docs/**', ['**'], undefined],
    ['docs/**', ['docs/**'], undefined],
    ['docs/a.md', ['docs/*'], undefined],
    ['docs/*.md', ['docs/**'], undefined],
    ['a*b', ['a*'], undefined],
    ['x/y', ['x/*', 'z'], undefined],
    ['*', ['a*', '*'], undefined],
    ['README.md', ['docs/**'], 'README.md'],
    ['docs/**', ['src/**'], 'docs/x'],
    ['**', ['src/**'], 'd'],
    ['docs/**', ['docs/*'], 'docs/x/x'],
    ['a', [], 'a'],
  ])('%s under %j: %s', (glob, others, witness) => {
    const found = uncovered(glob, others);
    if (witness === undefined) expect(found).toBeUndefined();
    else
      expect({ glob: matches(glob, found!), others: others.some((other) => matches(other, found!)) }).toEqual(
        { glob: true, others: false },
      );
  });

  it('never errs: a witness is one, and without one no path gets past', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.array(pattern, { maxLength: 3 }),
        fc.array(path, { minLength: 30, maxLength: 30 }),
        (glob, others, paths) => {
          const witness = uncovered(glob, others);
          if (witness === null) return;
          const escapes = (text: string) =>
            matches(glob, text) && !others.some((other) => matches(other, text));
          if (witness !== undefined) expect(escapes(witness)).toBe(true);
          else expect(paths.filter(escapes)).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives up rather than work for ever, and on characters that it cannot count', () => {
    const hard = Array.from({ length: 12 }, (_, i) => `*${'?'.repeat(i)}a*b${'?'.repeat(12 - i)}`);
    const budget = coverBudget();
    expect(uncovered('*a*b*c*', hard, budget)).not.toBeUndefined();
    const many = Array.from({ length: 1000 }, (_, i) => `*/${'x'.repeat(i % 90)}*${i}`);
    for (const glob of many) uncovered(`${glob}?*`, many, budget);
    expect(budget.left).toBeLessThan(0);
    expect(uncovered('a', ['b'], budget)).toBeNull();
    // A pattern of many stars costs as much as the places that it stands in.
    expect(uncovered('a'.repeat(50), ['*a'.repeat(100)], { left: 1000 })).toBeNull();
    expect(uncovered('a'.repeat(50), ['b*'], { left: 1000 })).not.toBeNull();
    expect(uncovered('ü', ['?'])).toBeNull();
  });
});
