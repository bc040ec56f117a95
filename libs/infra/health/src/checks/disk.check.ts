import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fail, pass, warn, type Answer, type Check } from '../check.js';

const gibibyte = 1024 ** 3;

/** Below 1 GiB Postgres soon stops; below 5 GiB a few large repositories fill it. */
export const judgeDisk = (place: string, freeBytes: number, inodesFree: number, inodes: number): Answer => {
  const detail = `${(freeBytes / gibibyte).toFixed(1)} GiB free at ${place}`;
  const fix = `du -xhd1 ${place} | sort -h`;
  // File systems without a fixed number of inodes report none at all.
  if (inodes > 0 && inodesFree / inodes < 0.02)
    return fail(`only ${inodesFree} files can still be made at ${place}`, fix);
  if (freeBytes < gibibyte) return fail(detail, fix);
  return freeBytes < 5 * gibibyte ? warn(detail, fix) : pass(detail);
};

export const disk: Check = {
  id: 'disk',
  title: 'Disk space',
  run: async ({ data }) => {
    let place = data;
    while (!existsSync(place)) place = dirname(place);
    const { bavail, bsize, ffree, files } = await statfs(place);
    return judgeDisk(place, bavail * bsize, ffree, files);
  },
};
