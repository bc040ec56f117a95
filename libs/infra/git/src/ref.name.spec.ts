import { describe, expect, it } from '@jest/globals';
import { isLogRef, isObjectId, isOurRef, isRefName, logRefOf } from './ref.name.js';

describe('names of refs', () => {
  it.each(['main', 'feature/x', 'v1.2.3', 'über', 'a@b', 'x-y_z'])('%j is one', (name) => {
    expect(isRefName(name)).toBe(true);
  });
  it.each([
    '',
    '-x',
    '/x',
    'x/',
    'x//y',
    'x..y',
    'x@{1}',
    '@',
    'HEAD',
    'x~1',
    'x^',
    'x:y',
    'x?',
    'x*',
    '[x',
    'x\\y',
    'x y',
    'x\ty',
    'x\n',
    '.x',
    'x/.y',
    'x.',
    'x.lock',
    'x.lock/y',
    '\u007f',
    '\u009b',
    'x'.repeat(256),
  ])('%j is none', (name) => {
    expect(isRefName(name)).toBe(false);
  });
  it('keeps our own below one prefix, in plain ASCII', () => {
    expect(isOurRef('refs/heads/gatehouse/01j-fix-typo')).toBe(true);
    for (const bad of [
      'refs/heads/main',
      'refs/heads/gatehouse/',
      'refs/heads/gatehouse/-x',
      'refs/heads/gatehouse/a\u3000b',
      'refs/heads/gatehouse/a..b',
      'refs/heads/gatehouse/x\n',
      'gatehouse/x',
    ]) {
      expect([bad, isOurRef(bad)]).toEqual([bad, false]);
    }
  });
  it('takes full lower-case ids only', () => {
    expect(isObjectId('a'.repeat(40))).toBe(true);
    for (const bad of ['A'.repeat(40), 'a'.repeat(39), 'a'.repeat(41), `${'a'.repeat(40)}\n`, 'g'.repeat(40)])
      expect(isObjectId(bad)).toBe(false);
  });
  it('keep the logs of lanes apart, whatever the branches are called', () => {
    const targets = [
      'main',
      'Main',
      'main-',
      'feature',
      'feature/x',
      'feature-x',
      'über',
      '日本',
      'x'.repeat(250),
    ];
    const lanes = ['rep_1', 'rep_2'].flatMap((id) =>
      targets.map((name) => `lane:${id}:${encodeURIComponent(name)}`),
    );
    const refs = lanes.map(logRefOf);
    // None is another one's folder, and none is another one on a disk that knows no case.
    expect(new Set(refs.map((ref) => ref.toLowerCase())).size).toBe(lanes.length);
    for (const ref of refs) {
      expect([ref, isLogRef(ref), isRefName(ref)]).toEqual([ref, true, true]);
      expect(ref.split('/').every((part) => part.length < 120)).toBe(true);
    }
    expect(logRefOf('lane:rep_1:main')).toMatch(/^refs\/gatehouse\/log\/main-[0-9a-f]{64}$/);
    for (const bad of [
      'refs/gatehouse/log/main',
      `refs/gatehouse/log/a/b-${'a'.repeat(64)}`,
      `refs/heads/main-${'a'.repeat(64)}`,
    ])
      expect([bad, isLogRef(bad)]).toEqual([bad, false]);
  });
});
