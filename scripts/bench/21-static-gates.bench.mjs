// Row 21: reading a change of 100 files and 4 MiB and asking every static gate, beside git that only lists and reads
// the same: diff-tree and cat-file --batch. And the same asked again, which the cache of verdicts answers from Postgres.
// By the clock, as the target is; the processor time of all of it, threads and git included, says how much of that is
// the load of the machine.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { clone } from '../step.mjs';
import { atMost, judge } from './figures.mjs';
import { memoryFolder, startPostgres } from './memory.disk.mjs';

const files = 100;
const size = (4 << 20) / files;
const lib = (path) => import(join(clone, 'libs', path));

/** Sources of this repository, one behind the other, cut into files. */
const contents = () => {
  const names = execFileSync('git', ['ls-files', '-z', '*.ts', '*.md', '*.mjs'], { cwd: clone })
    .toString()
    .split('\0')
    .filter(Boolean);
  const all = Buffer.concat(names.map((name) => readFileSync(join(clone, name))));
  return Array.from({ length: files }, (_, i) => {
    const from = (i * size) % Math.max(all.length - size, 1);
    return all.subarray(from, from + size);
  });
};

/** Milliseconds of the processor that a process has taken, and those that it started and that have ended. */
const processorOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * 10, 0);
};

const hitsInARow = 50;

export const measure = async ({ rounds, say, atEnd }) => {
  const { GitRunner, openQuarantine, Spawner } = await lib('infra/git/dist/index.js');
  const { ask, gates, SecretScanner } = await lib('domain/validation/dist/index.js');
  const { readChange, readEntries } = await lib('domain/validation/dist/collector.js');
  const { askStatic, bareChange } = await lib('domain/validation/dist/candidate/candidate.judge.js');
  const { VerdictsRepository } = await lib('domain/validation/dist/verdict/verdict.repository.js');
  const { createDataSource } = await lib('infra/database/dist/index.js');
  const { defaultInstallationPolicy, mergeLayers } = await lib('domain/policy/dist/index.js');
  const spawner = new Spawner();
  const scanner = new SecretScanner();
  atEnd(() => spawner.close());
  atEnd(() => scanner.close());
  const { folder: dir, remove } = memoryFolder('static-gates');
  atEnd(() => Promise.resolve(remove()));
  const work = join(dir, 'work');
  mkdirSync(work);
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
      cwd: work,
      maxBuffer: 1 << 28,
    })
      .toString()
      .trim();
  git('init', '-q', '-b', 'main');
  writeFileSync(join(work, 'README.md'), 'one\n');
  git('add', '-A');
  git('commit', '-q', '-m', 'base');
  contents().forEach((content, i) => {
    const path = join(work, 'src', `part-${i % 10}`, `file-${i}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  });
  git('add', '-A');
  git('commit', '-q', '-m', 'change');
  const [baseTree, tree] = ['HEAD~1^{tree}', 'HEAD^{tree}'].map((name) => git('rev-parse', name));
  const mirror = join(dir, 'mirror.git');
  git('clone', '-q', '--mirror', work, mirror);
  const root = join(dir, 'quarantine');
  mkdirSync(root);
  const runner = new GitRunner(spawner);
  const quarantine = await openQuarantine(root, mirror);
  atEnd(() => quarantine.remove());
  const merge = mergeLayers([
    { layer: 'installation', name: 'bench', rules: defaultInstallationPolicy.spec },
  ]);
  if (!merge.ok) throw new Error(merge.message);
  const { policy } = merge;
  const staticGates = gates.filter(({ part }) => part === 'static');
  const fail = (gate, error) => {
    throw new Error(`The gate ${gate} broke.`, { cause: error });
  };
  const reader = { scan: (content) => scanner.scan(content), onError: (error) => fail('secrets', error) };
  let findings = 0;
  const allProcessors = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000 + processorOf(spawner.pid);
  };
  const ours = async () => {
    const [began, before] = [performance.now(), allProcessors()];
    const entries = await readEntries(runner, quarantine.gitDir, baseTree, tree);
    const change = await readChange(runner, quarantine, { baseTree, tree, entries }, policy.limits, reader);
    const results = staticGates.map((gate) => ask(gate, { policy, change }, fail));
    findings = results.reduce((sum, { findings: found }) => sum + found.length, 0);
    return { wall: performance.now() - began, processor: allProcessors() - before };
  };
  say('starting Postgres on memory');
  const postgres = await startPostgres('C');
  atEnd(() => postgres.stop());
  const dataSource = await createDataSource({ url: postgres.url, applicationName: 'bench', poolSize: 2 });
  atEnd(() => dataSource.destroy());
  const answers = new VerdictsRepository(dataSource);
  const tools = {
    git: runner,
    answers,
    secrets: scanner,
    onError: fail,
  };
  const known = bareChange(baseTree, tree, await readEntries(runner, quarantine.gitDir, baseTree, tree));
  const judged = () => askStatic(tools, quarantine, { policy }, known);
  const { learnt } = await judged();
  await answers.keep(dataSource.manager, { content: learnt, repair: null });
  const hit = async () => {
    const began = performance.now();
    for (let i = 0; i < hitsInARow; i += 1)
      if ((await judged()).change !== null) throw new Error('The cache of verdicts did not answer.');
    return (performance.now() - began) / hitsInARow;
  };
  const floor = () => {
    const began = performance.now();
    const lines = git('diff-tree', '-r', '--raw', '--no-renames', '--no-abbrev', baseTree, tree).split('\n');
    const oids = lines.map((line) => line.split(' ')[3]);
    execFileSync('git', ['cat-file', '--batch'], { cwd: work, input: oids.join('\n'), maxBuffer: 1 << 28 });
    return performance.now() - began;
  };
  await ours();
  await hit();
  floor();
  const seen = { ours: [], floor: [], hits: [] };
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    seen.floor.push(floor());
    seen.ours.push(await ours());
    seen.hits.push(await hit());
  }
  const [wall, processor] = ['wall', 'processor'].map((name) => seen.ours.map((one) => one[name]));
  return {
    counters: [
      { path: 'static gates', name: 'gates', ours: staticGates.length },
      { path: 'static gates', name: 'findings', ours: findings },
    ],
    paths: [
      judge({ path: '100 new files, 4 MiB', unit: 'ms', ours: wall, target: atMost(1000) }),
      judge({ path: 'the same asked again, from the cache', unit: 'ms', ours: seen.hits, target: atMost(5) }),
      judge({ path: 'processor time, with threads and git', unit: 'ms', ours: processor }),
      judge({
        path: 'against git that only reads',
        unit: 'ms',
        ours: wall,
        floor: seen.floor,
        floorName: 'ms by diff-tree and cat-file',
      }),
    ],
  };
};
