import { sampleIds, sampleInstant, samplePrincipal, type FakeHandler } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

const page =
  (...items: unknown[]): FakeHandler =>
  () => ({ items, next: null });

describe('principals and tokens', () => {
  const token = {
    id: sampleIds.token,
    principalId: sampleIds.principal,
    name: 'token',
    expiresAt: sampleInstant,
    revokedAt: null,
    lastUsedAt: null,
    createdAt: sampleInstant,
  };
  const handlers = {
    'principals.list': page(samplePrincipal()),
    'principals.create': () => samplePrincipal(),
    'tokens.create': () => ({ token, secret: 's3cret' }),
    'tokens.revoke': () => ({ ...token, revokedAt: sampleInstant }),
  };

  it('gathers roles', async () => {
    const { requests } = await run(
      ['principal', 'create', 'ada', '--role', 'requester', '--role', 'approver'],
      { handlers },
    );
    expect(requests[0]?.body).toEqual({ name: 'ada', kind: 'user', roles: ['requester', 'approver'] });
    for (const args of [['--role', 'king'], []]) {
      expect((await run(['principal', 'create', 'ada', ...args], { handlers })).code).toBe(2);
    }
  });

  it('prints a secret alone on stdout, so that a script can take it', async () => {
    const { stdout, stderr } = await run(['token', 'create', 'ada', '--days', '7'], { handlers });
    expect(stdout).toBe('s3cret\n');
    expect(stderr).not.toContain('s3cret');
  });

  it('writes a secret into a file for its owner alone, and shows it nowhere else', async () => {
    const { stdout, stderr, written } = await run(['token', 'create', 'ada', '-o', 't'], { handlers });
    expect(written).toEqual({ t: { text: 's3cret\n', mode: 0o600 } });
    expect(stdout + stderr).not.toContain('s3cret');
  });

  it('revokes a token whose secret could not be kept', async () => {
    const { code, requests } = await run(['token', 'create', 'ada', '-o', 't'], {
      handlers,
      files: { t: '' },
    });
    expect([code, requests.at(-1)?.name]).toEqual([2, 'tokens.revoke']);
  });
});
