import { describe, expect, it } from '@jest/globals';
import { lookAlikes } from '../manifests/look-alike.name.js';
import { base, check, codes, edit, entry, lock, lockEdit, tgz } from './dependencies.fixture.js';

const pkg = (all: Record<string, string>, more: object = {}): string =>
  JSON.stringify({ dependencies: all, ...more }, null, 1);

describe('dependencies: a lockfile', () => {
  it.each<[string, [string, object][], string[]]>([
    ['what it had', [base], ['pass']],
    ['less', [], ['pass']],
    ['a new package', [base, entry('left-pad')], ['pass', 'new']],
    ['a new version', [entry('lodash', '1.0.1')], ['pass', 'version']],
    [
      'another digest for the same version',
      [entry('lodash', '1.0.0', { integrity: 'sha512-BBBB' })],
      ['fail', 'integrity_changed'],
    ],
    [
      'no digest any more',
      [entry('lodash', '1.0.0', { integrity: undefined })],
      ['fail', 'integrity_missing'],
    ],
    ['a weaker digest', [entry('lodash', '1.0.0', { integrity: 'sha1-x' })], ['fail', 'integrity_changed']],
    ['a second digest', [entry('lodash', '1.0.0', { integrity: 'sha512-AAAA sha1-x' })], ['pass']],
    [
      'a new package without digest',
      [base, entry('left-pad', '1.0.0', { integrity: undefined })],
      ['fail', 'integrity_missing', 'new'],
    ],
    [
      'a new package of which npm forgot all',
      [base, ['node_modules/left-pad', { version: '1.0.0' }]],
      ['pass', 'integrity_missing', 'new'],
    ],
    [
      'another host',
      [entry('lodash', '1.0.0', { resolved: tgz('lodash', '1.0.0', 'evil.example') })],
      ['fail', 'registry', 'url_changed'],
    ],
    [
      'another host with a port',
      [base, entry('x', '1.0.0', { resolved: tgz('x', '1.0.0', 'npm.example:444') })],
      ['fail', 'registry', 'new'],
    ],
    [
      'a host that begins alike',
      [base, entry('x', '1.0.0', { resolved: tgz('x', '1.0.0', 'npm.example.evil.example') })],
      ['fail', 'registry', 'new'],
    ],
    [
      'a host hidden behind a name',
      [base, entry('x', '1.0.0', { resolved: tgz('x', '1.0.0', 'npm.example@evil.example') })],
      ['fail', 'url_credentials', 'new'],
    ],
    [
      'no encryption',
      [entry('lodash', '1.0.0', { resolved: tgz('lodash', '1.0.0').replace('https', 'http') })],
      ['fail', 'url_insecure', 'url_changed'],
    ],
    [
      'the tarball of another package',
      [base, entry('x', '1.0.0', { resolved: tgz('evil', '1.0.0') })],
      ['fail', 'url_mismatch', 'new'],
    ],
    [
      'the tarball of another version',
      [base, entry('x', '1.0.0', { resolved: tgz('x', '2.0.0') })],
      ['fail', 'url_mismatch', 'new'],
    ],
    [
      'a tarball that lies elsewhere on the host',
      [base, entry('x', '1.0.0', { resolved: 'https://npm.example/uploads/x-1.0.0.tgz' })],
      ['fail', 'url_mismatch', 'new'],
    ],
    [
      'git',
      [base, entry('x', '1.0.0', { resolved: 'git+ssh://git@github.com/u/x.git#1', integrity: undefined })],
      ['pass', 'new', 'source'],
    ],
    [
      'an alias',
      [base, entry('x', '1.0.0', { name: 'y', resolved: tgz('y', '1.0.0') })],
      ['pass', 'alias', 'new'],
    ],
    [
      'a workspace',
      [base, ['libs/x', { version: '1' }], ['node_modules/x', { resolved: 'libs/x', link: true }]],
      ['pass'],
    ],
    [
      'two contents for one version',
      [
        base,
        [
          'node_modules/a/node_modules/lodash',
          { version: '1.0.0', resolved: tgz('lodash', '1.0.0'), integrity: 'sha512-B' },
        ],
      ],
      ['fail', 'integrity_changed', 'integrity_conflict'],
    ],
  ])('with %s', (_, after, expected) => expect(codes([lockEdit([base], after)])).toEqual(expected));

  it('may not have keys twice, and need not be whole to be refused', () => {
    const twice = lock(base).replace('"packages"', '"packages": {},\n"packages"');
    expect(codes([edit('package-lock.json', lock(base), twice)])).toEqual(['fail', 'unreadable']);
    expect(codes([edit('yarn.lock', '# yarn lockfile v1\n', '<<<<<<<\n')])).toEqual(['fail', 'unreadable']);
    expect(codes([{ path: 'package-lock.json', text: '['.repeat(200_000) }])).toEqual(['fail', 'unreadable']);
    expect(codes([{ path: 'Cargo.lock', text: `a = ${'['.repeat(200_000)}` }])).toEqual([
      'fail',
      'unreadable',
    ]);
    expect(codes([{ path: 'uv.lock', text: Buffer.from('a = 1\0') }])).toEqual(['fail', 'unreadable']);
    expect(codes([{ path: 'a/fixtures/package-lock.json', text: '{' }])).toEqual(['pass', 'unreadable']);
    expect(codes([{ path: 'package-lock.json', oldMode: '100644', newMode: '000000' }])).toEqual([
      'pass',
      'lock_removed',
    ]);
  });

  it('takes __proto__ for the name of a package, and of nothing else', () => {
    const text = lock(base).replace(
      '"packages": {',
      '"packages": {"node_modules/__proto__": {"version":"1"},',
    );
    expect(codes([edit('package-lock.json', lock(base), text)])).toEqual([
      'pass',
      'integrity_missing',
      'new',
    ]);
  });
});

describe('dependencies: a manifest', () => {
  const before = { lodash: '^4', react: '^18' };

  it.each<[string, string, string[]]>([
    ['another order', pkg({ react: '^18', lodash: '^4' }), ['pass']],
    ['less', pkg({ lodash: '^4' }), ['pass']],
    ['a new name', pkg({ ...before, chalk: '1' }), ['pass', 'new']],
    ['another range', pkg({ ...before, lodash: '*' }), ['pass', 'version']],
    ['a name nearly like another', pkg({ ...before, lodahs: '1' }), ['pass', 'look_alike', 'new']],
    ['git', pkg({ ...before, x: 'github:u/x' }), ['pass', 'new', 'source']],
    ['a path', pkg({ ...before, x: 'file:../../x' }), ['pass', 'new', 'source']],
    ['a tarball', pkg({ ...before, x: 'https://evil.example/x.tgz' }), ['pass', 'new', 'new_host']],
    ['an alias', pkg({ ...before, lodash: 'npm:lowdash@4' }), ['pass', 'alias', 'version']],
    ['a workspace', pkg({ ...before, x: 'workspace:*' }), ['pass']],
    ['an override', pkg(before, { overrides: { lodash: '3' } }), ['pass', 'override']],
    ['no JSON', '{', ['pass', 'unreadable']],
  ])('with %s', (_, after, expected) =>
    expect(codes([edit('package.json', pkg(before), after)])).toEqual(expected),
  );

  it('tells the line', () => {
    const { findings } = check([edit('package.json', pkg(before), pkg({ ...before, chalk: '1' }))]);
    expect(findings).toMatchObject([{ startLine: 5, message: 'chalk is new here: 1.' }]);
  });

  it('is held against its lockfile', () => {
    const wants = (all: object): string =>
      JSON.stringify({ lockfileVersion: 3, packages: { '': {}, 'libs/x': { dependencies: all } } });
    const manifest = edit('libs/x/package.json', pkg({ a: '1' }), pkg({ a: '2' }));
    const agrees = edit('package-lock.json', wants({ a: '1' }), wants({ a: '2' }));
    expect(codes([manifest, agrees])).toEqual(['pass', 'version']);
    expect(codes([manifest, edit('package-lock.json', wants({ a: '1' }), wants({ a: '3' }))])).toEqual([
      ...['pass', 'mismatch', 'version'],
    ]);
    expect(codes([manifest], {}, ['package-lock.json'])).toEqual(['pass', 'mismatch', 'version']);
    expect(codes([manifest])).toEqual(['pass', 'version']);
    expect(codes([agrees])).toEqual(['pass', 'mismatch']);
  });

  it.each<[string, string, string, string, string[]]>([
    [
      'requirements',
      'requirements-dev.txt',
      'flask==1\n',
      'flask==1\nflaks==1\n',
      ['pass', 'look_alike', 'new'],
    ],
    [
      'an index of requirements',
      'requirements.txt',
      '-i https://index.example/simple\na\n',
      '-i https://index.example/simple\n--extra-index-url https://evil.example\na\n',
      ['fail', 'registry'],
    ],
    [
      'the first index of requirements',
      'requirements.txt',
      'a\n',
      '--extra-index-url https://evil.example\na\n',
      ['pass', 'new_host'],
    ],
    [
      'pyproject',
      'pyproject.toml',
      '[project]\ndependencies=["a"]\n',
      '[project]\ndependencies=["a","b"]\n',
      ['pass', 'new'],
    ],
    [
      'another wheel in poetry.lock',
      'poetry.lock',
      '[[package]]\nname="a"\nversion="1"\nfiles=[{file="x",hash="sha256:1"}]\n',
      '[[package]]\nname="a"\nversion="1"\nfiles=[{file="x",hash="sha256:1"},{file="y",hash="sha256:2"}]\n',
      ['pass', 'integrity_added'],
    ],
    [
      'other wheels in poetry.lock',
      'poetry.lock',
      '[[package]]\nname="a"\nversion="1"\nfiles=[{file="x",hash="sha256:1"}]\n',
      '[[package]]\nname="a"\nversion="1"\nfiles=[{file="x",hash="sha256:2"}]\n',
      ['fail', 'integrity_changed'],
    ],
    [
      'another index on the host of the first in Cargo.lock',
      'Cargo.lock',
      '[[package]]\nname="a"\nversion="1"\nsource="registry+https://forge.example/index"\nchecksum="1"\n',
      '[[package]]\nname="a"\nversion="2"\nsource="registry+https://forge.example/index/"\nchecksum="2"\n' +
        '[[package]]\nname="b"\nversion="1"\nsource="registry+https://forge.example/evil"\nchecksum="1"\n',
      ['fail', 'registry', 'version', 'new'],
    ],
    ['go.sum', 'go.sum', 'a v1 h1:x=\n', 'a v1 h1:y=\n', ['fail', 'integrity_changed']],
    [
      'a replacement in go.mod',
      'go.mod',
      'module m\nrequire a v1\n',
      'module m\nrequire a v1\nreplace a => evil v1\n',
      ['pass', 'override'],
    ],
    [
      'Gemfile.lock',
      'Gemfile.lock',
      '',
      'GEM\n  remote: http://gems.example/\n  specs:\n    a (1)\n',
      ['fail', 'url_insecure', 'new'],
    ],
  ])('knows %s', (_, path, old, made, expected) => expect(codes([edit(path, old, made)])).toEqual(expected));
});

describe('lookAlikes', () => {
  const near = lookAlikes(new Set(['react', 'lodash', '@types/node', 'ms', 'express', 'debug']));
  it.each([
    ['recat', 'react'],
    ['raect', 'react'],
    ['reacct', 'react'],
    ['lodahs', 'lodash'],
    ['expresss', 'express'],
    ['exprses', 'express'],
    ['@types/mode', '@types/node'],
    ['mss', null],
    ['re4ct', 'react'],
    ['re2js', null],
    ['reajs', null],
    ['preact', 'react'],
    ['webpack', null],
    ['x'.repeat(300), null],
  ])('%.20s: %s', (name, other) => expect(near(name)).toBe(other));
});

describe('dependencies: size', () => {
  it('bears thousands of new names beside thousands of old ones', () => {
    const many = (prefix: string, n: number): [string, object][] =>
      Array.from({ length: n }, (_, i) => entry(`${prefix}${i.toString(36)}`));
    const { answer, findings } = check([lockEdit(many('old-package-', 4000), many('new-package-', 4000))]);
    expect(answer).toBe('pass');
    expect(findings.length).toBeLessThanOrEqual(100);
  });
});
