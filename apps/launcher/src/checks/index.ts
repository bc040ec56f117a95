import { boundary } from './boundary.check.js';
import type { Check } from './check.js';
import { clock } from './clock.check.js';
import { database } from './database.check.js';
import { dataDirectory } from './data-directory.check.js';
import { disk } from './disk.check.js';
import { docker } from './docker.check.js';
import { durability } from './durability.check.js';
import { git } from './git.check.js';
import { isolation } from './isolation.check.js';
import { migrations } from './migrations.check.js';
import { node } from './node.check.js';
import { plane } from './plane.check.js';
import { ports } from './ports.check.js';
import { processes } from './processes.check.js';
import { redis } from './redis.check.js';
import { spawner } from './spawner.check.js';

/** Everything doctor looks at, in the order in which one mends it: the machine, the data, the plane. */
export const checks: readonly Check[] = [
  node,
  git,
  spawner,
  disk,
  dataDirectory,
  ports,
  isolation,
  docker,
  database,
  migrations,
  durability,
  clock,
  redis,
  plane,
  processes,
  boundary,
];
