import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob, globMatches } from './glob.js';
import { globsOverlap } from './glob.overlap.js';
import { rawPathOfText } from './path.js';

describe('globsOverlap', () => {
  it.each([
    ['src/**', 'src/a.ts', true],
    ['src/**', 'src-evil/**', false],
    ['src/**', '**/evil', true],
    ['**/a', '**/b', false],
    ['*.ts', '*.js', false],
    ['a*c', '*b*', true],
    ['a?', 'ab', true],
    ['a?', 'abc', false],
    ['**', 'x', true],
    ['docs/*', 'docs/a/b', false],
    ['**/x/**', 'x', false],
  ])('%s and %s: %s', (a, b, is) => expect([globsOverlap(a, b), globsOverlap(b, a)]).toEqual([is, is]));

  it('never says no where a path matches both', () => {
    const part = fc.array(fc.constantFrom('a', 'b', '*', '?'), { minLength: 1, maxLength: 3 });
    const segment = fc.oneof(
      fc.constant('**'),
      part.map((letters) => letters.join('').replaceAll('**', '*')),
    );
    const glob = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    const name = fc.array(fc.constantFrom('a', 'b'), { minLength: 1, maxLength: 3 });
    const path = fc
      .array(
        name.map((letters) => letters.join('')),
        { minLength: 1, maxLength: 4 },
      )
      .map((parts) => parts.join('/'));
    let both = 0;
    fc.assert(
      fc.property(glob, glob, path, (one, other, text) => {
        const raw = rawPathOfText(text);
        if (!globMatches(compileGlob(one), raw) || !globMatches(compileGlob(other), raw)) return;
        both += 1;
        expect([one, other, globsOverlap(one, other)]).toEqual([one, other, true]);
      }),
      { numRuns: 5000 },
    );
    expect(both).toBeGreaterThan(50);
  });
});
