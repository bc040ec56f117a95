// make test: pure tests, tests on real services, scenarios against a whole plane; ends with one line of numbers.
//   node scripts/test.mjs unit int e2e [-- more arguments for Jest]
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { requireParts, plainUserFault, startDocker, temporaryFolder } from './machine.mjs';
import { clone, run, say, stop } from './step.mjs';

const titles = { unit: 'Pure tests', int: 'Tests on real services', e2e: 'Scenarios against a whole plane' };
const split = process.argv.indexOf('--');
const kinds = process.argv.slice(2, split === -1 ? undefined : split);
const more = split === -1 ? [] : process.argv.slice(split + 1);
if (kinds.length === 0 || kinds.some((kind) => !(kind in titles)))
  stop('usage: test.mjs unit|int|e2e … [-- …]');

const inCi = !['', 'false', '0'].includes(process.env.CI ?? '');
const results = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };
const slow = [];
const loud = [];

/** Reads what Jest wrote; a file that could not run at all counts as one failure. */
const add = (kind, output, code) => {
  let report;
  try {
    report = JSON.parse(readFileSync(output, 'utf8'));
  } catch {
    total.failed += 1;
    loud.push(`${titles[kind]}: Jest ended with ${code} and left no result.`);
    return;
  }
  const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
  total.passed += report.numPassedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  // Jest can also fail as a whole, for instance in its global teardown.
  total.failed += failed === 0 && code !== 0 ? 1 : failed;
  for (const { name, startTime, endTime, status } of report.testResults) {
    slow.push({ seconds: (endTime - startTime) / 1000, file: relative(clone, name) });
    if (status === 'failed') loud.push(`FAILED ${relative(clone, name)}`);
  }
};

let runs = 0;
const jest = async (kind, env, workers, files = []) => {
  say(`\n${titles[kind]}${files.length === 1 ? `: ${files[0]}` : ''}`);
  const output = join(results, `${(runs += 1)}.json`);
  const { code } = await run(
    process.execPath,
    [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      'node_modules/jest/bin/jest.js',
      '--json',
      `--outputFile=${output}`,
      '--passWithNoTests',
      `--maxWorkers=${workers}`,
      ...files,
      ...more,
    ],
    // With --json Jest prints its results on stdout as well; people read stderr.
    { env: { ...env, TEST_KIND: kind }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  add(kind, output, code);
};

/** Tests on real services wait more than they work. Two processors in mind. */
const workersOf = { unit: 2, int: 3, e2e: 2 };

const folder = join(clone, 'apps', 'e2e', 'scenarios');
/** How much text a file of scenarios is, with that of those it puts on one plane. */
const sizeOf = (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const parts = [...text.matchAll(/'\.\/([\w-]+\.scenario)\.js'/g)].map(([, part]) =>
    join(folder, `${part}.ts`),
  );
  return parts.reduce((sum, part) => sum + statSync(part).size, text.length);
};
/** Those with the most text first: they take the longest, by and large. */
const scenariosBySize = () =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.e2e.spec.ts'))
    .sort((a, b) => sizeOf(b) - sizeOf(a));

/**
 * Scenarios wait for planes and browsers, tests on real services for time to pass: beside each other they keep two
 * processors busy. Whoever is free takes the next scenarios, so that both end together.
 */
const beside = async (kinds, env) => {
  const left = scenariosBySize();
  const takeNext = async () => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) await jest('e2e', env, 1, [file]);
  };
  await Promise.all([
    takeNext(),
    (async () => {
      for (const kind of kinds) await jest(kind, env, workersOf[kind]);
      await takeNext();
    })(),
  ]);
};

const began = Date.now();
let docker = { ok: true, end: () => undefined };
const temporary = temporaryFolder();
const env = { TMPDIR: temporary.folder };
if (kinds.some((kind) => kind !== 'unit')) {
  const missing = await requireParts();
  docker = await startDocker();
  const faults = [
    ...(missing.length > 0 ? [`missing packages: ${missing.join(' ')}`] : []),
    ...(docker.ok ? [] : [docker.why]),
    ...[plainUserFault()].filter((fault) => fault !== undefined),
  ];
  // Under CI=true a suite fails where its part is missing. Elsewhere it is skipped, but where every part could be had
  // there is no excuse left.
  env.CI = inCi || faults.length === 0 ? 'true' : '';
  if (inCi) total.failed += faults.length;
  for (const fault of faults)
    loud.push(`${inCi ? 'FAILED' : 'SKIPPED'}: what needs this is not tested: ${fault}`);
  if (missing.includes('redis-server')) {
    more.push('--testPathIgnorePatterns=tasks.redis.int', '--testPathIgnorePatterns=/dist/|/node_modules/');
    total.skipped += 1;
  }
}
// Ctrl-C reaches Jest by itself; an engine that we started would stay.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    temporary.end();
    void Promise.resolve(docker.end()).then(() => process.exit(130));
  });
try {
  const others = kinds.filter((kind) => kind !== 'e2e');
  // Who asks for some files knows better than we what to run.
  if (others.length > 0 && others.length < kinds.length && split === -1) await beside(others, env);
  else for (const kind of kinds) await jest(kind, env, workersOf[kind]);
} finally {
  await docker.end();
  temporary.end();
  rmSync(results, { recursive: true, force: true });
}

slow.sort((a, b) => b.seconds - a.seconds);
say('\nSlowest files');
for (const { seconds, file } of slow.slice(0, 8)) say(`  ${seconds.toFixed(1).padStart(6)} s  ${file}`);
say(`All together ${((Date.now() - began) / 1000).toFixed(0)} s.`);
for (const line of loud) say(line);
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.failed === 0 ? 0 : 1);
