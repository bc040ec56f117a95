import { describe, expect, it } from '@jest/globals';
import { check, edit, entry, lockEdit } from '../gates/dependencies.fixture.js';
import { folderInside } from './dependency.js';

const codes = (...args: Parameters<typeof edit>): string[] =>
  check([edit(...args)])
    .findings.map(({ code }) => code.replace('dependency.', ''))
    .filter((code) => code !== 'mismatch');
const locked = (...all: [string, object][]): string[] =>
  check([lockEdit([entry('lodash')], [entry('lodash'), ...all])]).findings.map(({ code }) =>
    code.replace('dependency.', ''),
  );

describe('folderInside', () => {
  it.each([
    ['libs/x', '', 'libs/x'],
    ['./libs//x/', '', 'libs/x'],
    ['../b', 'libs/a', 'libs/b'],
    ['..', 'a', ''],
    ['../../b', 'libs', null],
    ['../x', '', null],
    ['a/../../x', '', null],
    ['/etc', '', null],
    ['~/x', '', null],
    ['C:/x', '', null],
    ['https://x', '', null],
    ['..\\x', '', null],
    ['%2e%2e/x', '', null],
  ])('%s from %j: %j', (path, from, expected) => expect(folderInside(path, from)).toBe(expected));
});

describe('a lockfile of npm', () => {
  it.each<[string, [string, object], string[]]>([
    ['a link to a workspace', ['node_modules/x', { resolved: 'libs/x', link: true }], []],
    ['a link out of the repository', ['node_modules/x', { resolved: '../x', link: true }], ['new', 'source']],
    [
      'one that goes in and out',
      ['node_modules/x', { resolved: 'a/../../x', link: true }],
      ['new', 'source'],
    ],
    ['one to any place', ['node_modules/x', { resolved: '/tmp/x', link: true }], ['new', 'source']],
    ['one to nothing', ['node_modules/x', { link: true }], ['new', 'source']],
    [
      'a bundled one with an address',
      entry('x', '1.0.0', { inBundle: true, resolved: 'https://evil.example/x/-/x-1.0.0.tgz' }),
      ['registry', 'new'],
    ],
    [
      'one that nobody bundles',
      ['node_modules/x', { version: '1', inBundle: true }],
      ['integrity_missing', 'new'],
    ],
  ])('asks about %s', (_, added, expected) => expect(locked(added)).toEqual(expected));

  it('takes what a package bundles as part of it', () => {
    const inner: [string, object] = ['node_modules/a/node_modules/x', { version: '1', inBundle: true }];
    expect(locked(entry('a', '1.0.0', { bundleDependencies: ['x'] }), inner)).toEqual(['new']);
    expect(locked(entry('a', '1.0.0'), inner)).toEqual(expect.arrayContaining(['integrity_missing']));
  });

  it('asks about a package that becomes a folder of the repository', () => {
    const link: [string, object] = ['node_modules/lodash', { resolved: 'vendor/lodash', link: true }];
    expect(check([lockEdit([entry('lodash')], [link])]).findings.map(({ code }) => code)).toEqual([
      'dependency.source',
    ]);
  });

  it.each([
    ['file:../x', ['new', 'source']],
    ['file:libs/x', []],
    ['file:x.tgz', ['new', 'source']],
  ])('of the first version, with %s', (version, expected) => {
    const text = (all: object): string => JSON.stringify({ lockfileVersion: 1, dependencies: all });
    expect(codes('package-lock.json', text({}), text({ x: { version } }))).toEqual(expected);
  });
});

describe('package.json', () => {
  const text = (all: object): string => JSON.stringify({ dependencies: all });
  it.each([
    ['link:../x', ['new', 'source']],
    ['portal:../x', ['new', 'source']],
    ['file:../x', ['new', 'source']],
    ['patch:x@npm%3A1.0.0#./x.patch', ['new', 'source']],
    ['exec:./x.js', ['new', 'source']],
    ['workspace:../../x', ['new', 'source']],
    ['workspace:packages/x', []],
    ['workspace:^', []],
    ['workspace:other@*', []],
  ])('with %s', (spec, expected) =>
    expect(codes('package.json', text({}), text({ x: spec }))).toEqual(expected),
  );

  it('asks about a package that becomes a workspace', () =>
    expect(codes('package.json', text({ x: '^1' }), text({ x: 'workspace:*' }))).toEqual(['source']));
});

describe('a lockfile of yarn', () => {
  const head = '__metadata:\n  version: 8\n';
  const one = (key: string, resolution = key): string =>
    `${head}\n"${key}":\n  version: 1.0.0\n  resolution: "${resolution}"\n  languageName: node\n  linkType: soft\n`;
  it.each([
    ['x@link:../x::locator=root%40workspace%3A.', ['new', 'source']],
    ['x@portal:/x::locator=root%40workspace%3A.', ['new', 'source']],
    ['x@file:../x#../x::hash=1&locator=root', ['new', 'source']],
    ['x@patch:x@npm%3A1.0.0#./x.patch', ['new', 'source']],
    ['x@workspace:../x', ['new', 'source']],
    ['x@workspace:packages/x', []],
  ])('with %s', (key, expected) => expect(codes('yarn.lock', head, one(key))).toEqual(expected));

  it('looks behind what is virtual', () =>
    expect(codes('yarn.lock', head, one('x@npm:1', 'x@virtual:abc#file:../x'))).toEqual(['new', 'source']));

  it.each(['file:../x', 'link:../x'])('of the first version, with %s', (spec) => {
    const old = '# yarn lockfile v1\n';
    expect(codes('yarn.lock', old, `${old}\n"x@${spec}":\n  version "1.0.0"\n`)).toEqual(
      expect.arrayContaining(['source']),
    );
  });
});

describe('a lockfile of pnpm', () => {
  const lock = (dir: string, specifier: string, version: string): string =>
    `lockfileVersion: '9.0'\n\nimporters:\n\n  ${dir}:\n    dependencies:\n      x:\n        specifier: ${specifier}\n        version: ${version}\n`;
  it.each([
    ['.', '^1.0.0', 'link:../x', ['new', 'source']],
    ['.', '^1.0.0', 'link:vendor/x', ['new', 'source']],
    ['apps/a', 'workspace:*', 'link:../../libs/x', []],
    ['apps/a', 'workspace:*', 'link:../../../x', ['new', 'source']],
    ['.', 'link:../x', 'link:../x', ['new', 'source']],
  ])('in %s: %s is %s', (dir, specifier, version, expected) =>
    expect(codes('pnpm-lock.yaml', "lockfileVersion: '9.0'\n", lock(dir, specifier, version))).toEqual(
      expected,
    ),
  );

  it.each(['{directory: ../x, type: directory}', '{tarball: file:../x.tgz}'])(
    'with a package of %s',
    (resolution) => {
      const packages = `lockfileVersion: '9.0'\n\npackages:\n\n  x@file:../x:\n    resolution: ${resolution}\n`;
      expect(codes('pnpm-lock.yaml', "lockfileVersion: '9.0'\n", packages)).toEqual(
        expect.arrayContaining(['source']),
      );
    },
  );
});
