import { describe, expect, it } from '@jest/globals';
import { identitiesFrom } from '../boundary/identities.js';
import { idsOf, judgeLogins, judgePlaces, judgeUsers } from './boundary.check.js';

const identities = identitiesFrom(60_706);
const api = { name: 'api', uids: [60_706], gids: [60_706], groups: [60_709] } as const;

describe('the boundary', () => {
  it('is read from the words of the kernel', () => {
    const status = 'Name:\tnode\nUid:\t7\t7\t7\t7\nGid:\t8\t8\t8\t8\nGroups:\t9 10 \nNgid:\t0\n';
    expect([idsOf(status, 'Uid'), idsOf(status, 'Groups'), idsOf(status, 'Other')]).toEqual([
      [7, 7, 7, 7],
      [9, 10],
      [],
    ]);
  });

  it.each([
    [api, undefined],
    [{ ...api, uids: [60_706, 0] }, 'api runs as 0, not as 60706'],
    [{ ...api, gids: [0] }, 'api runs as 0, not as 60706'],
    [{ ...api, groups: [60_709, 27] }, 'api is in group 27 too'],
  ])('of users: %j is %s', (seen, words) => {
    expect(judgeUsers([seen], identities)).toBe(words);
  });

  it('of logins sees who is connected as somebody else', () => {
    const logins = { api: 'gatehouse_api', promoter: 'gatehouse_promoter' };
    const seen = { application: 'gatehouse api hints', login: 'gatehouse_api' };
    expect(
      judgeLogins([seen, { application: 'gatehouse-migrate', login: 'gatehouse' }], logins),
    ).toBeUndefined();
    expect(judgeLogins([{ ...seen, login: 'gatehouse' }], logins)).toMatch(
      /api is connected .* as gatehouse, not/,
    );
  });

  it.each([
    [undefined, undefined],
    [{ uid: 1, gid: 2, mode: 0o100600 }, undefined],
    [{ uid: 1, gid: 2, mode: 0o100400 }, undefined],
    [{ uid: 0, gid: 2, mode: 0o100600 }, '/f belongs to 0:2, not to 1:2'],
    [{ uid: 1, gid: 2, mode: 0o100640 }, '/f has mode 640, not 600'],
  ])('of files: %j is %s', (found, words) => {
    const place = { path: '/f', uid: 1, gid: 2, mode: 0o600 };
    expect(judgePlaces([place], () => found)?.detail).toBe(words);
  });
});
