import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PlaneRole } from '@gatehouse/database';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** The users that the processes of the plane run as. Nobody else has these numbers, and no name belongs to them. */
export interface Identities extends Readonly<Record<PlaneRole, Identity>> {
  /** Group of all three, for the folders that they share. */
  readonly planeGid: number;
}

/** Free by the table of uids that systemd keeps, below 65536 so that containers map them too. */
const range = { first: 60_706, slots: 119 };

/** Numbers from `first` on: api, engine, promoter, and the group that they share. */
export const identitiesFrom = (first: number): Identities => ({
  api: { uid: first, gid: first },
  engine: { uid: first + 1, gid: first + 1 },
  promoter: { uid: first + 2, gid: first + 2 },
  planeGid: first + 3,
});

/** The first number of an installation: two on one machine hardly ever share theirs. */
export const firstUidOf = (data: string): number =>
  range.first + 4 * (createHash('sha256').update(data).digest().readUInt32BE(0) % range.slots);

/** Ids of `/etc/passwd` or `/etc/group`. */
export const namedIds = (text: string): number[] =>
  text.split('\n').flatMap((line) => {
    const id = line.split(':')[2];
    return id === undefined ? [] : [Number(id)];
  });

/** Is every id from `first` to `last` one that this user namespace has? The text is that of uid_map or gid_map. */
export const isMapped = (map: string, first: number, last: number): boolean =>
  map
    .trim()
    .split('\n')
    .some((line) => {
      const [from = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
      return first >= from && last < from + count;
    });

/** Why these numbers cannot be used here; undefined where they can. */
export const faultOf = (first: number): string | undefined => {
  const last = first + 3;
  for (const [names, map] of [
    ['/etc/passwd', '/proc/self/uid_map'],
    ['/etc/group', '/proc/self/gid_map'],
  ] as const) {
    const taken = namedIds(readFileSync(names, 'utf8')).find((id) => id >= first && id <= last);
    if (taken !== undefined)
      return `${names} gives ${taken} to somebody; set GATEHOUSE_PLANE_UID to the first of four free numbers`;
    if (!isMapped(readFileSync(map, 'utf8'), first, last))
      return `this user namespace has no ids ${first} to ${last}; set GATEHOUSE_PLANE_UID to ones that it has`;
  }
  return undefined;
};
