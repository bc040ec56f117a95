import { forbidSet } from './glob/path.fold.js';
import { globSet } from './glob/glob.js';
import { rawPathOfText, type RawPath } from './glob/path.js';

/**
 * What no policy can let through (I4): leftovers of running, never of writing. Kept narrow where real sources
 * have such names: `src/logs/` is code, `logs/` at the root is not.
 */
export const ownRuntimeArtifacts: readonly string[] = [
  'logs/**',
  '**/logs/**/*.log',
  '*.log',
  '**/npm-debug.log*',
  '**/yarn-debug.log*',
  '**/yarn-error.log*',
  '**/pnpm-debug.log*',
  '**/.env',
  '**/.env.*',
  '**/node_modules/**',
  '**/.gatehouse/**',
  '**/.gatehouse_runtime/**',
  '**/*.sqlite',
  '**/*.sqlite3',
  '**/*.db',
  '**/*.db-wal',
  '**/*.db-shm',
  '**/*.db-journal',
  '**/*.sqlite-wal',
  '**/*.sqlite-shm',
  '**/*.sqlite-journal',
  '**/*.sqlite3-wal',
  '**/*.sqlite3-shm',
  '**/*.sqlite3-journal',
  '**/dump.rdb',
  '**/__pycache__/**',
  '**/*.pyc',
  '**/.cache/**',
  '**/.pytest_cache/**',
  '**/.mypy_cache/**',
  '**/.ruff_cache/**',
  '**/.parcel-cache/**',
  '**/.turbo/**',
  '**/.nyc_output/**',
  '**/.eslintcache',
  '**/.venv/**',
];

/** Templates that projects keep on purpose, and that hold no values. */
const templates = globSet(
  ['example', 'sample', 'template', 'dist', 'defaults', 'schema'].flatMap((end) => [
    `**/.env.${end}`,
    `**/.env.*.${end}`,
  ]),
);
const own = forbidSet(ownRuntimeArtifacts);
const envFile = '**/.env.*';

/** Says which pattern makes a path a runtime artifact: ours, or one of the policy's; null where none does. */
export const runtimeArtifactSet = (patterns: readonly string[]): { match(path: RawPath): string | null } => {
  const more = forbidSet(patterns);
  return {
    match: (path) => {
      const hit = own.match(path);
      if (hit !== null && !(hit === envFile && templates.match(path) !== null)) return hit;
      return more.match(path);
    },
  };
};

/** A path of text, for callers that have no bytes. */
export const isRuntimeArtifact = (path: string, patterns: readonly string[] = []): boolean =>
  runtimeArtifactSet(patterns).match(rawPathOfText(path)) !== null;
