import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Mirror } from './mirror.js';
import { Scratch } from './scratch.fixture.js';
import { locateSource, type LocatedSource } from './source.locator.js';
import { parseSource } from './source.policy.js';

describe('sources of every kind', () => {
  const scratch = new Scratch();
  let server: Server;
  let port = 0;
  let path: string;
  let head: string;
  let count = 0;
  const mirror = async () => {
    const made = new Mirror(scratch.git, join(scratch.dir, `m${count++}.git`));
    await made.ensure();
    return made;
  };
  const locate = async (input: string): Promise<LocatedSource> => {
    const policy = { roots: [scratch.dir], allowLoopbackHttp: true };
    const parsed = parseSource(input, policy);
    if (!parsed.ok) throw new Error(parsed.reason);
    const answer = await locateSource(parsed.source, policy);
    if (!answer.ok) throw new Error(answer.reason);
    return answer.located;
  };
  beforeAll(async () => {
    path = scratch.repository('source');
    head = scratch.commit(path, scratch.tree(path, [{ path: 'a', content: '1\n' }]));
    scratch.plain(path, ['update-server-info']);
    server = createServer((request, response) => {
      if (request.url?.startsWith('/moved/') === true)
        return response.writeHead(302, { location: request.url.replace('/moved/', '/') }).end();
      const file = join(path, '.git', (request.url ?? '/').replace(/^\/repo/, '').split('?')[0] ?? '');
      if (!existsSync(file)) return response.writeHead(404).end();
      return response.writeHead(200).end(readFileSync(file));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    await scratch.close();
  });

  it('reads over http from this machine, where the policy allows it', async () => {
    const made = await mirror();
    const located = await locate(`http://127.0.0.1:${port}/repo`);
    expect(await made.fetch(located)).toMatchObject({ ok: true });
    expect(await made.resolve('main')).toBe(head);
    expect(await made.defaultBranch(located)).toBe('main');
  });
  it('does not follow a redirect to somewhere else', async () => {
    expect(await (await mirror()).fetch(await locate(`http://127.0.0.1:${port}/moved/repo`))).toMatchObject({
      ok: false,
      reason: 'source.unreachable',
    });
  });
  it('says so when nobody listens, and does not hang', async () => {
    expect(await (await mirror()).fetch(await locate('http://127.0.0.1:1/x'))).toMatchObject({
      ok: false,
      reason: 'source.silent',
    });
  });
  it('reads bare repositories, file addresses, names with blanks, and linked worktrees', async () => {
    scratch.plain(scratch.dir, ['clone', '-q', '--bare', path, 'bare with blank.git']);
    scratch.plain(path, ['worktree', 'add', '-q', join(scratch.dir, 'linked'), '-b', 'linked', head]);
    for (const input of [
      join(scratch.dir, 'bare with blank.git'),
      `file://${scratch.dir}/bare%20with%20blank.git`,
      join(scratch.dir, 'linked'),
      join(path, '.git'),
    ]) {
      const made = await mirror();
      expect([input, await made.fetch(await locate(input))]).toEqual([input, { ok: true, warnings: [] }]);
      expect(await made.resolve('main')).toBe(head);
    }
  });
  it('refuses SHA-256 repositories in clear words', async () => {
    const other = scratch.repository('sha256', '--object-format=sha256');
    scratch.plain(other, ['commit', '-q', '--allow-empty', '-m', 'x']);
    expect(await (await mirror()).fetch(await locate(other))).toMatchObject({
      ok: false,
      message: expect.stringContaining('SHA-256'),
    });
  });
  it('passes names to git that would be options or shell words elsewhere', async () => {
    for (const name of ['-x', '$(touch pwned)', "quo'te", 'semi;colon', 'a:b', 'per%20cent']) {
      const odd = scratch.repository(name);
      const commit = scratch.commit(odd, scratch.tree(odd, [{ path: 'a', content: name }]));
      const made = await mirror();
      expect([name, await made.fetch(await locate(odd))]).toEqual([name, { ok: true, warnings: [] }]);
      expect(await made.resolve('main')).toBe(commit);
    }
    expect(existsSync(join(scratch.dir, 'pwned'))).toBe(false);
  });
});
