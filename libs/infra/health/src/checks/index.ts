import type { Check } from '../check.js';
import { clock } from './clock.check.js';
import { database } from './database.check.js';
import { disk } from './disk.check.js';
import { durability } from './durability.check.js';
import { git } from './git.check.js';
import { migrations } from './migrations.check.js';
import { node } from './node.check.js';
import { redis } from './redis.check.js';
import { spawner } from './spawner.check.js';

/** What every process of the plane needs, in the order in which one mends it: the machine, then the data. */
export const checks: readonly Check[] = [
  node,
  git,
  spawner,
  disk,
  database,
  migrations,
  durability,
  clock,
  redis,
];

/** Without these nothing can be accepted; while another one fails, what is accepted waits and is not lost. */
export const stopsServing: ReadonlySet<string> = new Set(
  [spawner, disk, database, migrations, durability].map(({ id }) => id),
);
