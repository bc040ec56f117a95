import { describe, expect, it } from '@jest/globals';
import { isUnder, parseSource } from './source.policy.js';

const policy = { roots: ['/srv/git', '/home/dev/code'] };

describe('a repository address', () => {
  it.each([
    ['https://example.org/a/b.git', { kind: 'https', url: 'https://example.org/a/b.git' }],
    ['HTTPS://EXAMPLE.org:8443/a', { kind: 'https', url: 'https://example.org:8443/a' }],
    ['/srv/git/x', { kind: 'path', path: '/srv/git/x' }],
    ['/srv/git', { kind: 'path', path: '/srv/git' }],
    ['/srv/git//x/', { kind: 'path', path: '/srv/git/x' }],
    ['/srv/git/with blank', { kind: 'path', path: '/srv/git/with blank' }],
    ['file:///srv/git/with%20blank', { kind: 'path', path: '/srv/git/with blank' }],
    ['file://localhost/srv/git/x', { kind: 'path', path: '/srv/git/x' }],
  ])('%s is accepted', (input, source) => {
    expect(parseSource(input, policy)).toEqual({ ok: true, source });
  });

  it.each([
    ['', /empty/],
    ['   ', /empty/],
    ['git://example.org/a', /git:\/\/ is neither/],
    ['ext::sh -c id', /Remote helpers/],
    ['fd::17', /Remote helpers/],
    ['::x', /Remote helpers/],
    ['ssh://git@example.org/a', /ssh is not supported/],
    ['git@example.org:a/b', /ssh addresses/],
    ['--upload-pack=id', /looks like an option/],
    ['-', /looks like an option/],
    ['a/b', /relative path/],
    ['./a', /relative path/],
    ['../a', /relative path/],
    ['~/a', /relative path/],
    ['/srv/git/a\nb', /control/],
    ['/srv/git/a\0b', /control/],
    ['https://example.org/a\u202eb', /invisible/],
    ['C:\\repo', /backslash/],
    ['\\\\host\\share', /backslash/],
    [' /srv/git/a', /blank/],
    ['ftp://example.org/a', /scheme "ftp:"/],
    ['javascript:alert(1)', /scheme/],
    [`https://example.org/${'a'.repeat(2048)}`, /longer/],
    ['https://user:secret@example.org/a', /user name or password/],
    ['https://token@example.org/a', /user name or password/],
    ['https://@example.org/a', /user name or password/],
    ['https://example.org/a?token=x', /query/],
    ['https://example.org/a#x', /query/],
    ['https://example.org/', /no repository/],
    ['https://example.org', /no repository/],
    ['https:example.org/a', /not a complete/],
    ['https:///a', /not a complete/],
    ['https://exa mple.org/a', /not a valid/],
    ['https://example.org/a/%2e%2e/b', /encoded/],
    ['https://example.org/a%0ab', /encoded/],
    ['http://example.org/a', /not encrypted/],
    ['http://127.0.0.1:3000/a', /switched off/],
    ['/etc', /not below/],
    ['/srv/gitx/a', /not below/],
    ['/srv/git/../../etc', /segments/],
    ['/srv/git/./a', /segments/],
    ['//srv/git/a', /two slashes/],
    ['file:///etc/passwd', /not below/],
    ['file:///srv/git/../../etc', /segments/],
    ['file:///srv/git/%2e%2e/%2e%2e/etc', /segments/],
    ['file:///srv/git/a%00b', /not a plain/],
    ['file:///srv/git/a%0ab', /not a plain/],
    ['file://evil/srv/git/a', /not a plain/],
    ['file:srv/git', /not a plain/],
    ['file:///srv/git/%zz', /not a valid/],
  ])('%j is refused', (input, reason) => {
    const answer = parseSource(input, policy);
    expect(answer).toMatchObject({ ok: false, reason: expect.stringMatching(reason) });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('takes plain http to this machine only where that is switched on', () => {
    const open = { ...policy, allowLoopbackHttp: true };
    for (const host of ['127.0.0.1:3000', 'localhost', '[::1]:80'])
      expect(parseSource(`http://${host}/a`, open).ok).toBe(true);
    for (const host of ['127.0.0.1.example.org', 'localhost.example.org', '10.0.0.1', '[::2]'])
      expect(parseSource(`http://${host}/a`, open).ok).toBe(false);
  });

  it('has no local repositories without a configured directory', () => {
    expect(parseSource('/srv/git/x', { roots: [] })).toMatchObject({
      ok: false,
      reason: expect.stringContaining('switched off'),
    });
  });

  it('compares directories by their parts', () => {
    expect([isUnder('/a/b', '/a'), isUnder('/a', '/a'), isUnder('/ab', '/a'), isUnder('/x', '/')]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });
});
