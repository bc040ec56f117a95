import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { defaultRules } from '../default.policy.js';
import { compileGlob, globMatches, globSet } from './glob.js';
import { foldPath, foldText, forbidSet } from './path.fold.js';
import { bytesOfPath, rawPath, rawPathOfText, textOfPath } from './path.js';
import { isRuntimeArtifact, ownRuntimeArtifacts, runtimeArtifactSet } from '../runtime-artifact.js';

describe('a raw path', () => {
  it('keeps every byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) =>
        expect(bytesOfPath(rawPath(bytes))).toEqual(Buffer.from(bytes)),
      ),
    );
  });

  it('reads back as the text it was made of, and as null where it is no text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        expect(textOfPath(rawPathOfText(text))).toBe(text),
      ),
    );
    expect(textOfPath(rawPath(Buffer.from([0xff])))).toBeNull();
    expect(textOfPath(rawPath(Buffer.from([0xc0, 0xaf])))).toBeNull();
  });
});

describe('foldPath', () => {
  it.each([
    ['README.md', 'readme.MD'],
    ['\u00fc', 'u\u0308'],
    ['Ü', 'u\u0308'],
    ['\u212b', 'å'],
    ['a\u200cb', 'ab'],
    ['ΑΣ', 'ας'],
    ['straße', 'STRASSE'],
  ])('%s is %s', (a, b) => expect(foldPath(rawPathOfText(a))).toBe(foldPath(rawPathOfText(b))));

  it.each([
    ['a', 'b'],
    ['a-b', 'a_b'],
    ['ü', 'u'],
    ['o', '0'],
  ])('%s is not %s', (a, b) => expect(foldPath(rawPathOfText(a))).not.toBe(foldPath(rawPathOfText(b))));

  it('folds ASCII letters of names in another encoding', () => {
    expect(foldPath('A\xff')).toBe('a\xff');
  });
});

describe('forbidSet', () => {
  const forbidden = forbidSet(defaultRules.forbiddenPaths);

  it.each([
    ['.github/workflows/ci.yml', '.github/workflows/**'],
    ['.GitHub/Workflows/ci.yml', '.github/workflows/**'],
    ['.git\u200chub/workflows/ci.yml', '.github/workflows/**'],
    ['.gitlab-ci.yml', '.gitlab-ci.yml'],
    ['jenkinsfile', 'Jenkinsfile'],
    ['gatehouse.yaml', 'gatehouse.yaml'],
  ])('%s is forbidden by %s', (path, pattern) => expect(forbidden.match(rawPathOfText(path))).toBe(pattern));

  it.each([
    '.github/ISSUE_TEMPLATE/bug.md',
    '.github/workflows',
    'docs/.github/workflows/ci.yml',
    '.github/workflows.md',
    'docs/gitlab-ci.yml',
    'src/Jenkinsfile.ts',
    'README.md',
  ])('%s is not', (path) => expect(forbidden.match(rawPathOfText(path))).toBeNull());
});

describe('runtime artifacts', () => {
  it.each([
    'logs/app.txt',
    'debug.log',
    'services/a/logs/today.log',
    'npm-debug.log.1',
    '.env',
    '.ENV',
    'apps/api/.env.production',
    '.env.example.local',
    'node_modules/a/index.js',
    'packages/a/Node_Modules/b.js',
    '.gatehouse/state.json',
    'data/app.sqlite',
    'app.db',
    'app.db-wal',
    'a/__pycache__/b.pyc',
    '.cache/x',
  ])('%s is one', (path) => expect(isRuntimeArtifact(path)).toBe(true));

  it.each([
    'src/logs.ts',
    'src/logs/index.ts',
    'docs/env.md',
    'logs',
    'catalogs/a.txt',
    '.env.example',
    '.env.production.example',
    'config/.env.template',
    'src/environment.ts',
    'env',
    'node_modules.md',
    'docs/node_modules',
    'src/database.ts',
    'src/cache/index.ts',
    'gatehouse/a',
    'git.md',
    'CHANGELOG',
    'test/fixtures/access.log',
    'dist/index.js',
  ])('%s is not', (path) => expect(isRuntimeArtifact(path)).toBe(false));

  it('takes what a policy adds, and then an example file may be one', () => {
    const set = runtimeArtifactSet(['**/dist/**', '**/.env.example']);
    expect(set.match(rawPathOfText('packages/a/dist/b.js'))).toBe('**/dist/**');
    expect(set.match(rawPathOfText('.env.example'))).toBe('**/.env.example');
    expect(set.match(rawPathOfText('.env'))).toBe('**/.env');
  });

  it('has every pattern once', () => {
    expect(new Set(ownRuntimeArtifacts).size).toBe(ownRuntimeArtifacts.length);
  });
});

describe('forbidSet and globSet, beside each pattern asked alone', () => {
  const segment = fc.constantFrom('a', 'A', 'b', 'é', 'e\u0301', '*', 'a*', 'A?', '**', 'B.md');
  const path = fc
    .array(fc.constantFrom('a', 'A', 'b', 'é', 'e\u0301', 'ax', 'Ax', 'b.md', 'B.md'), {
      minLength: 1,
      maxLength: 4,
    })
    .map((parts) => rawPathOfText(parts.join('/')));
  const pattern = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));
  const patterns = fc.array(pattern, { maxLength: 6 });

  it('answer the first that matches, exactly and then folded', () =>
    fc.assert(
      fc.property(patterns, path, (globs, name) => {
        const exact = globs.find((glob) => globMatches(compileGlob(glob), name)) ?? null;
        const folded = globs.find((glob) => globMatches(compileGlob(foldText(glob)), foldPath(name))) ?? null;
        expect(globSet(globs).match(name)).toBe(exact);
        expect(forbidSet(globs).match(name)).toBe(exact ?? folded);
      }),
      { numRuns: 2000 },
    ));
});
