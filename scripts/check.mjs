// make check: what a change must pass before it is shown to anyone.
import { clone, say, step, stop, tsc } from './step.mjs';

const bin = (name) => `${clone}/node_modules/.bin/${name}`;
const jest = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
];
const cache = 'node_modules/.cache/prettier/.prettier-cache';

const steps = [
  ['Format', bin('prettier'), ['--check', '--log-level', 'warn', '--cache', '--cache-location', cache, '.']],
  ['Types', process.execPath, [tsc, '-b']],
  ['Types of tests', process.execPath, [tsc, '-p', 'tsconfig.spec.json']],
  // Through nx alone: without its project graph the rule of boundaries is skipped without an error.
  ['Lint', bin('nx'), ['run-many', '-t', 'lint', '--output-style=static']],
  ['Lint of scripts', bin('eslint'), ['scripts']],
  ['Pages printed from sources', process.execPath, ['scripts/print-architecture.mjs', '--check']],
  ['Pure tests', process.execPath, jest, { env: { TEST_KIND: 'unit' } }],
];

const failed = [];
for (const [title, file, args, options] of steps)
  if (!(await step(title, file, args, options))) failed.push(title);
if (failed.length > 0) stop(`Not ready: ${failed.join(', ')}. \`npm run format\` mends the format.`);
say('All checks passed.');
