import { describe, expect, it } from '@jest/globals';
import { mayUse, parsePasswd } from './account.js';
import { chooseBinaries } from './cluster.js';
import { parsePostmasterPid } from './postmaster.js';

const account = { name: 'postgres', uid: 101, gid: 104 };

describe('permission of an account', () => {
  it.each([
    [0, 0, 0o755, true],
    [0, 0, 0o700, false],
    [0, 104, 0o710, true],
    [0, 104, 0o701, false],
    [101, 0, 0o700, true],
    [101, 104, 0o011, false],
  ])('owner %d, group %d, mode %o: may enter = %s', (uid, gid, mode, expected) => {
    expect(mayUse(account, { uid, gid, mode }, 1)).toBe(expected);
  });

  it('is looked up in passwd lines', () => {
    expect(parsePasswd('root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104::/x:/bin/sh\n\n')).toContainEqual(
      account,
    );
  });
});

describe('postmaster.pid', () => {
  const text = (status: string) =>
    `6531\n/d/postgres/data\n1795000000\n21001\n/d\n127.0.0.1\n  123 4\n${status}`;

  it.each([
    ['ready   \n', true],
    ['starting\n', false],
    ['', false],
  ])('status %j: ready = %s', (status, ready) => {
    expect(parsePostmasterPid(text(status))).toEqual({
      pid: 6531,
      dataDirectory: '/d/postgres/data',
      port: 21001,
      ready,
    });
  });

  it('is not read while half written', () => {
    expect(parsePostmasterPid('')).toBeUndefined();
    expect(parsePostmasterPid('6531\n/d')).toBeUndefined();
  });
});

describe('choice of binaries', () => {
  const [eighteen, fifteen] = [18, 15].map((major) => ({
    origin: 'path' as const,
    bin: `/pg/${major}`,
    major,
  }));
  const both = [eighteen!, fifteen!];

  it('takes the first for a new cluster and the own major for an old one', () => {
    expect(chooseBinaries(both, undefined, '/d')).toBe(eighteen);
    expect(chooseBinaries(both, 15, '/d')).toBe(fifteen);
  });

  it('refuses another major, and a machine without any', () => {
    expect(() => chooseBinaries(both, 17, '/d')).toThrow(/made by Postgres 17.*only 18, 15/);
    expect(() => chooseBinaries([], undefined, '/d')).toThrow(/DATABASE_URL/);
  });
});
