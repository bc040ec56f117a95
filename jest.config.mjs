// Three kinds of test, told apart by name: *.spec.ts is pure, *.int.spec.ts needs real Postgres, git or
// Docker, *.e2e.spec.ts drives the whole stack through its public doors.
import { long } from './scripts/jest/long.mjs';
import { doors } from './scripts/jest/packages.mjs';

const kind = process.env.TEST_KIND ?? 'unit';
/** Whoever names files, and the soak, means the long ones too. */
const all = process.env.LONG === '1' || process.argv.slice(2).some((word) => !word.startsWith('-'));
const match = {
  unit: ['**/src/**/*.spec.ts'],
  int: ['**/src/**/*.int.spec.ts'],
  e2e: ['**/scenarios/**/*.e2e.spec.ts'],
};
export default {
  rootDir: import.meta.dirname,
  // Not below TMPDIR, which `make test` makes anew every time.
  cacheDirectory: '<rootDir>/node_modules/.cache/gatehouse/jest-cache',
  roots: ['<rootDir>/apps', '<rootDir>/libs'],
  testEnvironment: '<rootDir>/scripts/jest/environment.mjs',
  testMatch: match[kind],
  ...(kind === 'int' && {
    globalSetup: '<rootDir>/libs/infra/database/testing/global-setup.mjs',
    globalTeardown: '<rootDir>/libs/infra/database/testing/global-teardown.mjs',
  }),
  testPathIgnorePatterns: [
    '/node_modules/',
    '/dist/',
    ...(kind === 'int' && !all ? long : []),
    ...(kind === 'unit' ? ['\\.int\\.spec\\.ts$', '\\.e2e\\.spec\\.ts$'] : []),
  ],
  modulePathIgnorePatterns: ['/dist/', '/out-tsc/', '/.nx/'],
  extensionsToTreatAsEsm: ['.ts'],
  // A bound for what hangs, not for what is slow: a busy machine may stand still for many seconds.
  testTimeout: kind === 'unit' ? 60_000 : kind === 'int' ? 300_000 : 600_000,
  testEnvironmentOptions: { customExportConditions: ['@gatehouse/source', 'node', 'node-addons'] },
  moduleNameMapper: { ...(await doors()), '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
        swcrc: false,
      },
    ],
  },
};
