import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inShort, manifestOf } from './manifest.fixture.js';
import { readPackage, readPackageLock } from './npm.manifest.js';

describe('npm', () => {
  it('reads what package.json asks for', () => {
    const text = `{"dependencies": {"a": "^1", "b": "npm:c@2", "d": "git+ssh://x/y.git", "e": "u/r#v1",
"f": "https://h/x.tgz", "g": "file:../g", "h": "workspace:*"}, "devDependencies": {"@s/i": "npm:@t/j@^3"},
"overrides": {"k": {"l": "1"}}, "resolutions": {"m": "2"}, "pnpm": {"overrides": {"n": "3"}}}`;
    expect(inShort(readPackage(text))).toEqual([
      '1 a@^1 registry',
      '1 b@2 registry = c',
      '1 d@git+ssh://x/y.git git git+ssh://x/y.git',
      '1 e@u/r#v1 git u/r#v1',
      '2 f@https://h/x.tgz url https://h/x.tgz',
      '2 g@file:../g path file:../g',
      '2 h@workspace:* local',
      '2 @s/i@^3 registry = @t/j',
    ]);
    expect(manifestOf(readPackage(text)).overrides.map(({ name }) => name)).toEqual([
      'overrides k',
      'resolutions m',
      'pnpm.overrides n',
    ]);
  });

  it('reads a lockfile of any version', () => {
    const v3 = {
      lockfileVersion: 3,
      packages: {
        '': { dependencies: { a: '^1' } },
        'libs/x': { devDependencies: { b: '2' } },
        'node_modules/a': { version: '1.0.0', resolved: 'https://r/a/-/a-1.0.0.tgz', integrity: 'sha512-x' },
        'node_modules/a/node_modules/@s/b': { version: '2', resolved: 'git+ssh://git@h/b.git#1' },
        'node_modules/x': { resolved: 'libs/x', link: true },
        'node_modules/y': { name: 'z', version: '3' },
      },
    };
    const read = readPackageLock(JSON.stringify(v3));
    expect(inShort(read)).toEqual([
      '1 a@1.0.0 registry https://r/a/-/a-1.0.0.tgz sha512-x',
      '1 @s/b@2 git git+ssh://git@h/b.git#1',
      '1 x@ local',
      '1 y@3 registry = z',
    ]);
    expect(manifestOf(read).wants).toEqual(
      new Map([
        ['', new Map([['a', '^1']])],
        ['libs/x', new Map([['b', '2']])],
      ]),
    );
    const v1 = {
      lockfileVersion: 1,
      dependencies: {
        a: { version: '1', integrity: 'sha1-x', dependencies: { b: { version: 'https://h/b.tgz' } } },
      },
    };
    expect(inShort(readPackageLock(JSON.stringify(v1)))).toEqual([
      '1 a@1 registry sha1-x',
      '1 b@https://h/b.tgz registry https://h/b.tgz',
    ]);
  });

  it("reads this repository's own", () => {
    const text = readFileSync(join(import.meta.dirname, '../../../../../package-lock.json'), 'utf8');
    const { dependencies, wants } = manifestOf(readPackageLock(text));
    expect(dependencies.length).toBeGreaterThan(500);
    expect(wants?.has('libs/domain/validation')).toBe(true);
  });
});
