import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { GatehouseError } from '@gatehouse/contracts';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ForgeRepo, ForgeTokens, ReadToken } from './forge.js';
import { TokenClient } from './token.client.js';
import { TokenDoor } from './token.door.js';

const repo = { owner: 'acme', name: 'widgets' };
const inMs = (ms: number) => new Date(Date.now() + ms);

describe('the door at which the promoter hands out tokens', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gh-door-'));
  const path = join(dir, 'forge', 'forge.sock');
  const asked: [ForgeRepo, boolean][] = [];
  let answer: () => Promise<ReadToken>;
  const tokens: ForgeTokens = {
    readToken: (which, { fresh = false } = {}) => {
      asked.push([which, fresh]);
      return answer();
    },
  };
  const errors: unknown[] = [];
  const door = new TokenDoor(tokens, (error) => errors.push(error));
  const raw = (method: string, url: string, body: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request({ socketPath: path, method, path: url }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end(body);
    });

  beforeAll(() => door.listen(path, { isShared: false }));
  beforeEach(() => {
    asked.length = 0;
    errors.length = 0;
    let count = 0;
    answer = () => Promise.resolve({ token: `t${++count}`, expiresAt: inMs(3_600_000) });
  });
  afterAll(async () => {
    await door.close();
    rmSync(dir, { recursive: true });
  });

  it('is reached by our own user alone, or by the group of the plane', async () => {
    const mode = (what: string) => statSync(what).mode & 0o777;
    expect([mode(join(dir, 'forge')), mode(path)]).toEqual([0o700, 0o600]);
    // The folder of a plane with users is the launcher's to make; what was left in it by a killed promoter goes.
    const shared = join(dir, 'shared', 'forge.sock');
    mkdirSync(join(dir, 'shared'));
    chmodSync(join(dir, 'shared'), 0o2710);
    writeFileSync(shared, 'left over');
    const other = new TokenDoor(tokens, () => undefined);
    await other.listen(shared, { isShared: true });
    expect([mode(join(dir, 'shared')), mode(shared)]).toEqual([0o710, 0o660]);
    expect(await new TokenClient(shared).readToken(repo)).toMatchObject({ token: 't1' });
    await other.close();
  });

  it('gives one token for all who ask, until it ends soon or was refused', async () => {
    const client = new TokenClient(path);
    const all = await Promise.all([1, 2, 3].map(() => client.readToken(repo)));
    expect(new Set(all.map(({ token }) => token))).toEqual(new Set(['t1']));
    expect((await client.readToken({ owner: 'Acme', name: 'Widgets' })).token).toBe('t1');
    expect((await client.readToken({ owner: 'acme', name: 'other' })).token).toBe('t2');
    expect((await client.readToken(repo, { fresh: true })).token).toBe('t3');
    expect((await client.readToken(repo)).token).toBe('t3');
    expect(asked).toEqual([
      [repo, false],
      [{ owner: 'acme', name: 'other' }, false],
      [repo, true],
    ]);
  });

  it('is asked again for a token that ends within five minutes, and after a minute for one that does not end', async () => {
    let now = Date.now();
    const client = new TokenClient(path, () => now);
    await client.readToken(repo);
    now += 54 * 60_000;
    expect((await client.readToken(repo)).token).toBe('t1');
    now += 2 * 60_000;
    answer = () => Promise.resolve({ token: 'forever', expiresAt: null });
    expect(await client.readToken(repo)).toEqual({ token: 'forever', expiresAt: null });
    await client.readToken(repo);
    expect(asked).toHaveLength(2);
    now += 61_000;
    await client.readToken(repo);
    expect(asked).toHaveLength(3);
  });

  it('says why there is none, and asks again the next time', async () => {
    const client = new TokenClient(path);
    answer = () =>
      Promise.reject(
        new GatehouseError('forge.rate_limited', 'Wait.', { details: { retryAfterMs: 1234, secret: 'x' } }),
      );
    await expect(client.readToken(repo)).rejects.toMatchObject({
      code: 'forge.rate_limited',
      message: 'Wait.',
      details: { retryAfterMs: 1234 },
    });
    answer = () => Promise.reject(new TypeError('broken with a secret'));
    await expect(client.readToken(repo)).rejects.toMatchObject({
      code: 'internal.unexpected',
      message: expect.not.stringContaining('secret'),
    });
    expect(errors).toHaveLength(1);
    answer = () => Promise.resolve({ token: 'later', expiresAt: null });
    expect((await client.readToken(repo)).token).toBe('later');
  });

  it('is an outage where nobody stands behind it', async () => {
    await expect(new TokenClient(join(dir, 'none.sock')).readToken(repo)).rejects.toMatchObject({
      code: 'forge.unavailable',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it.each([
    ['GET', '/read-token', '', 404],
    ['POST', '/write-token', '{}', 404],
    ['POST', '/read-token', '{"owner":"a"}', 422],
    ['POST', '/read-token', '{"owner":"a","name":"b","permissions":"write"}', 422],
    ['POST', '/read-token', 'not JSON', 422],
    ['POST', '/read-token', `{"owner":"${'a'.repeat(9000)}","name":"b"}`, 422],
  ])('%s %s answers no token to %p', async (method, url, body, status) => {
    expect(await raw(method, url, body)).toBe(status);
    expect(asked).toEqual([]);
  });
});
