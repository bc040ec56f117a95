import { checks as ofEveryProcess } from '@gatehouse/health';
import { boundary } from './boundary.check.js';
import type { Check } from './check.js';
import { dataDirectory } from './data-directory.check.js';
import { docker } from './docker.check.js';
import { github } from './github.check.js';
import { isolation } from './isolation.check.js';
import { plane } from './plane.check.js';
import { ports } from './ports.check.js';
import { processes } from './processes.check.js';
import { proofs } from './proofs.check.js';

/** What only the account that starts the plane can see. */
export const own: readonly Check[] = [
  dataDirectory,
  ports,
  isolation,
  docker,
  plane,
  processes,
  boundary,
  github,
  proofs,
];

/** Everything doctor looks at: what `/ready` and the panel show as well, and then this machine. */
export const checks: readonly Check[] = [...ofEveryProcess, ...own];
