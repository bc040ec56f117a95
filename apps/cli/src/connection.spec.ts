import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { run, type FakeSetUp } from './testing/fake.io.js';

const hash = createHash('sha256').update('/clone').digest('hex').slice(0, 12);
const data = `/home/ada/.local/share/gatehouse/${hash}`;
const local = {
  [`${data}/status.json`]: '{"url":"http://127.0.0.1:7070","state":"ready"}',
  [`${data}/credentials/admin.token`]: 'admin-token\n',
};
const sent = async (setUp: FakeSetUp, args: string[] = []) => {
  const ran = await run(['job', 'list', ...args], {
    handlers: { 'jobs.list': () => ({ items: [], next: null }) },
    ...setUp,
  });
  return { ...ran, token: ran.requests[0]?.headers.get('authorization') };
};

describe('finding plane and token', () => {
  it('uses the running installation of this clone', async () => {
    expect((await sent({ env: {}, files: local })).token).toBe('Bearer admin-token');
  });

  it('finds it in GATEHOUSE_DATA_DIR', async () => {
    const files = {
      '/data/status.json': '{"url":"http://127.0.0.1:7070"}',
      '/data/credentials/admin.token': 'other',
    };
    expect((await sent({ env: { GATEHOUSE_DATA_DIR: '/data' }, files })).token).toBe('Bearer other');
  });

  it('says that nothing runs', async () => {
    const { code, stderr } = await sent({ env: {} });
    expect([code, stderr]).toEqual([
      6,
      'gatehouse: no Gatehouse of this clone runs — start it with gatehouse start, or name another with GATEHOUSE_URL or --url\n',
    ]);
  });

  it('prefers what is nearer: --token-file, GATEHOUSE_TOKEN, GATEHOUSE_TOKEN_FILE, the installation', async () => {
    const files = { ...local, '/a': 'from-flag', '/b': 'from-file' };
    const env = { GATEHOUSE_TOKEN: 'from-env', GATEHOUSE_TOKEN_FILE: '/b' };
    expect((await sent({ env, files }, ['--token-file', '/a'])).token).toBe('Bearer from-flag');
    expect((await sent({ env, files })).token).toBe('Bearer from-env');
    expect((await sent({ env: { GATEHOUSE_TOKEN_FILE: '/b' }, files })).token).toBe('Bearer from-file');
  });

  it('never gives the token of the local installation to another address', async () => {
    for (const url of [
      'https://elsewhere.test',
      'http://127.0.0.1:7071',
      'https://127.0.0.1:7070',
      'http://localhost:7070',
    ]) {
      const { code, requests, stderr } = await sent({ env: { GATEHOUSE_URL: url }, files: local });
      expect([url, code, requests.length]).toEqual([url, 4, 0]);
      expect(stderr).toContain('there is no token for');
    }
    expect((await sent({ env: { GATEHOUSE_URL: 'http://127.0.0.1:7070/' }, files: local })).token).toBe(
      'Bearer admin-token',
    );
  });

  it.each([
    ['http://elsewhere.test', 'in the clear'],
    ['http://127.0.0.1.evil.test', 'in the clear'],
    ['ftp://127.0.0.1', 'not served'],
    ['http://u:p@127.0.0.1', 'holds a credential'],
    ['nonsense', 'not an address'],
  ])('refuses %s before anything is sent', async (url, why) => {
    const { code, stderr, requests } = await sent({ env: { GATEHOUSE_TOKEN: 't' } }, ['--url', url]);
    expect([code, requests.length]).toEqual([2, 0]);
    expect(stderr).toContain(why);
  });

  it('warns of a token file that others may read, and refuses one that holds no token', async () => {
    const env = { GATEHOUSE_URL: 'http://127.0.0.1:7070' };
    const open = await sent({ env, files: { '/t.open': 'tok' } }, ['--token-file', '/t.open']);
    expect([open.code, open.token]).toEqual([0, 'Bearer tok']);
    expect(open.stderr).toContain('chmod 600');
    const two = await sent({ env, files: { '/t': 'a\nb' } }, ['--token-file', '/t']);
    expect([two.code, two.requests.length]).toEqual([2, 0]);
    expect(two.stderr).not.toContain('a\nb');
    expect((await sent({ env }, ['--token-file', '/none'])).code).toBe(2);
  });
});
