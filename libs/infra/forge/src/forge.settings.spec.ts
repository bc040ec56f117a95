import { describe, expect, it } from '@jest/globals';
import { repoOfSource } from './forge.settings.js';

const forge = { url: 'https://github.com' };

describe('which repository a source names', () => {
  it.each([
    ['https://github.com/acme/widgets', 'acme', 'widgets'],
    ['https://github.com/acme/widgets.git', 'acme', 'widgets'],
    ['https://github.com/acme/widgets/', 'acme', 'widgets'],
    ['https://GitHub.com/acme/.github', 'acme', '.github'],
  ])('%s', (source, owner, name) => {
    expect(repoOfSource(forge, source)).toEqual({ owner, name });
  });

  it.each([
    '/srv/widgets',
    'https://gitlab.com/acme/widgets',
    'http://github.com/acme/widgets',
    'https://github.com:8443/acme/widgets',
    'https://github.com.evil.example/acme/widgets',
    'https://github.com@evil.example/acme/widgets',
    'https://me@github.com/acme/widgets',
    'https://github.com/acme',
    'https://github.com/acme/widgets/tree/main',
    'https://github.com/acme/widgets?x=1',
    'https://github.com/acme/..%2fother',
    'https://github.com/-acme/widgets',
    'https://github.com/acme/.git',
  ])('%s names none', (source) => {
    expect(repoOfSource(forge, source)).toBeNull();
  });

  it('keeps to the path of an installation below one', () => {
    const below = { url: 'http://127.0.0.1:8080/github/' };
    expect(repoOfSource(below, 'http://127.0.0.1:8080/github/acme/widgets')).toEqual({
      owner: 'acme',
      name: 'widgets',
    });
    expect(repoOfSource(below, 'http://127.0.0.1:8080/acme/widgets')).toBeNull();
  });
});
