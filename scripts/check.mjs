// make check: what a change must pass before it is shown to anyone.
import { clone, say, step, stop, tsc } from './step.mjs';

const bin = (name) => `${clone}/node_modules/.bin/${name}`;
// Below node_modules, so that an installation of other versions begins anew.
const cache = (name) => `node_modules/.cache/gatehouse/${name}`;
const prettier = ['--check', '--log-level', 'warn', '--cache', '--cache-location', cache('prettier'), '.'];
const eslint = ['--cache', '--cache-strategy', 'content', '--cache-location', cache('eslint'), 'scripts'];

const node = process.execPath;
/** Two lanes, for two processors; what has one of them to itself is at the front. */
const lanes = [
  [
    ['Types', node, [tsc, '-b']],
    ['Types of tests', node, [tsc, '-p', 'tsconfig.spec.json']],
    ['Format', bin('prettier'), prettier],
  ],
  [
    // Through nx alone: without its project graph the rule of boundaries is skipped without an error.
    ['Lint', bin('nx'), ['run-many', '-t', 'lint', '--output-style=static']],
    ['Lint of scripts', bin('eslint'), eslint],
    ['Mutants', node, ['scripts/soak.table.mjs']],
    ['Pages printed from sources', node, ['scripts/print-architecture.mjs', '--check']],
  ],
];

const failed = [];
const pass = async (title, file, args, options) => {
  if (!(await step(title, file, args, options))) failed.push(title);
};
await Promise.all(
  lanes.map(async (steps) => {
    for (const [title, file, args] of steps) await pass(title, file, args, { beside: true });
  }),
);
// Room by room, so that those stay untouched which no change reaches; make test asks them all at once.
await pass('Pure tests', bin('nx'), ['run-many', '-t', 'unit', '--output-style=static']);
if (failed.length > 0) stop(`Not ready: ${failed.join(', ')}. \`npm run format\` mends the format.`);
say('All checks passed.');
