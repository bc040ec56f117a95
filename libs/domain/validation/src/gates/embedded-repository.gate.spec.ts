import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts } from '../facts.sample.js';
import { embeddedRepository } from './embedded-repository.gate.js';

const check = (paths: string[], existing: string[] = []) =>
  inShort(embeddedRepository.check(sampleFacts({ changes: paths.map((path) => ({ path })), existing })));

describe('embedded-repository', () => {
  it('blocks a bare repository, wherever it lies', () => {
    const bare = (at: string) =>
      ['HEAD', 'objects/pack/.keep', 'refs/heads/main', 'config'].map((name) => `${at}${name}`);
    expect(check(bare('a/b/'))).toBe('fail; path.embedded_repository a/b');
    expect(check(bare(''))).toBe('fail; path.embedded_repository');
  });

  it('sees the last piece that makes one, and the change of its config', () => {
    const most = ['x/objects/a', 'x/refs/heads/main'];
    expect(check(['x/HEAD'], most)).toBe('fail; path.embedded_repository x');
    expect(check(['x/refs/heads/main'], ['x/HEAD', 'x/objects/a'])).toBe('fail; path.embedded_repository x');
    expect(check(['x/config'], ['x/HEAD', ...most])).toBe('fail; path.embedded_repository x');
    expect(check(['x/head'], most)).toBe('fail; path.embedded_repository x');
    expect(check(['x/HEAD', 'x/commondir'])).toBe('fail; path.embedded_repository x');
  });

  it('lets be what only looks like one, or lies elsewhere', () => {
    expect(check(['x/HEAD', 'x/config'])).toBe('pass');
    expect(check(['x/HEAD', 'x/objects'], ['x/refs/a'])).toBe('pass');
    expect(check(['x/HEAD/a', 'x/objects/a', 'x/refs/a'])).toBe('pass');
    expect(check(['src/objects/a.ts', 'src/refs/b.ts'])).toBe('pass');
    expect(check(['README.md'], ['fixtures/r/HEAD', 'fixtures/r/objects/a', 'fixtures/r/refs/b'])).toBe(
      'pass',
    );
  });

  it('lets one be removed', () => {
    const changes = [{ path: 'x/config', oldMode: '100644', newMode: '000000' }];
    const existing = ['x/HEAD', 'x/objects/a', 'x/refs/b'];
    expect(inShort(embeddedRepository.check(sampleFacts({ changes, existing })))).toBe('pass');
  });
});
