import { describe, expect, it } from '@jest/globals';
import { beginOpen, listed, listedUpTo, openFound, openUpTo } from './diff.view.js';
import type { Found } from './found.js';

const files = (n: number) => Array.from({ length: n }, (_, i) => ({ path: `f${i}` }));
const found = (...paths: string[]) => new Map(paths.map((path) => [path, [] as Found[]]));

describe('the files of a diff', () => {
  it('are all open where they are few, else those with findings, up to a bound', () => {
    expect(beginOpen(files(openUpTo), found()).size).toBe(openUpTo);
    expect([...beginOpen(files(99), found('f3', 'f98'))]).toEqual(['f3', 'f98']);
    expect(beginOpen(files(99), found(...files(99).map(({ path }) => path))).size).toBe(openFound);
  });

  it('are listed up to a bound, and beyond it where something was found', () => {
    const paths = listed(files(99), found('f98')).map(({ path }) => path);
    expect(paths).toHaveLength(listedUpTo + 1);
    expect(paths.at(-1)).toBe('f98');
  });
});
