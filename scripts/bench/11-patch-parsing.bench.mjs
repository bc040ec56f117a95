// Row 11: reading a patch and asking the rules about its paths, beside `git apply --numstat`, which reads the same
// bytes and says what they change. Time of the processor for both, as others may be at work. First the commits of this
// repository, one after the other, as jobs hand them in: what the row is about. Then the extremes of what the usual
// policy takes, which have the target too, and not all of which meet it (RFC 10); git without its start, which a patch of
// one line measures, shows how fast each reads. A patch of more files than policy takes is read as the product reads it,
// to its refusal, and once more without limits: that one shows the parser alone, and nobody waits for it.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clone } from '../step.mjs';
import { atLeast, judge } from './figures.mjs';
import { memoryFolder } from './memory.disk.mjs';
import { historySamples, patchSamples } from './patch.samples.mjs';

/** So many runs in one measurement: the time of processes that ended is told in hundredths of a second. */
const repeats = 12;
const MiB = 1 << 20;
const ruleIds = ['allowed-paths', 'forbidden-paths', 'protected-paths', 'policy-rules'];
const lib = (path) => import(join(clone, 'libs', 'domain', path));

/** Milliseconds of the processor that the processes we waited for have taken; told in hundredths of a second. */
const ofChildren = () => {
  const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
  return (Number(fields[13]) + Number(fields[14])) * 10;
};
const ofOurs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** For one of so many runs: by the processor and by the clock. */
const spent = (clock, run, times = repeats) => {
  const [before, began] = [clock(), performance.now()];
  for (let i = 0; i < times; i += 1) run();
  return { processor: (clock() - before) / times, wall: (performance.now() - began) / times };
};

export const measure = async ({ rounds, say, atEnd }) => {
  const { parsePatch, gates, ask } = await lib('validation/dist/index.js');
  const { bareChange, readAtMost } = await lib('validation/dist/candidate/candidate.judge.js');
  const { defaultInstallationPolicy, mergeLayers } = await lib('policy/dist/index.js');
  const merge = mergeLayers([
    { layer: 'installation', name: 'bench', rules: defaultInstallationPolicy.spec },
    { layer: 'repository', name: 'bench', rules: { forbiddenPaths: ['deploy/**', '**/*.pem', 'legal/*'] } },
  ]);
  if (!merge.ok) throw new Error(merge.message);
  const { policy } = merge;
  const rules = gates.filter(({ id }) => ruleIds.includes(id));
  if (rules.length !== ruleIds.length)
    throw new Error(`There are not all of ${ruleIds.join(', ')} any more.`);
  const broke = (gate, cause) => {
    throw new Error(`The gate ${gate} broke.`, { cause });
  };
  const entryOf = ({ path, status, oldMode, newMode, oldOid, newOid }) => ({
    path,
    status: { added: 'A', modified: 'M', deleted: 'D' }[status],
    oldMode,
    newMode,
    oldOid: oldOid ?? '',
    newOid: newOid ?? '',
  });
  const read = (patch) => {
    const parsed = parsePatch(patch);
    if (!parsed.ok) throw new Error(parsed.message);
    return parsed;
  };
  const ours = (patch) => {
    const change = bareChange('', '', read(patch).files.map(entryOf));
    for (const gate of rules) ask(gate, { policy, change }, broke);
  };
  const limits = readAtMost(policy.limits);
  const refusal = (patch) => {
    const { ok, code } = parsePatch(patch, limits);
    if (ok || code !== 'patch.too_large') throw new Error(`A patch of too many files is ${code ?? 'taken'}.`);
  };
  const { folder, remove } = memoryFolder('patches');
  atEnd(remove);
  const numstat = (file) => {
    const { status, stdout } = spawnSync('git', ['apply', '--numstat', file], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        GIT_CONFIG_NOSYSTEM: '1',
        HOME: folder,
        GIT_CEILING_DIRECTORIES: folder,
      },
      maxBuffer: 1 << 28,
    });
    if (status !== 0) throw new Error(`git apply --numstat answered ${status}.`);
    return stdout;
  };
  say('making patches');
  const samples = Object.entries(patchSamples(folder)).map(([name, patch], i) => {
    const file = join(folder, `${i}.patch`);
    writeFileSync(file, patch);
    const { files } = read(patch);
    const lines = numstat(file).toString().trim().split('\n').length;
    if (lines !== files.length)
      throw new Error(`git counts ${lines} files in ${name}, we count ${files.length}.`);
    if (patch.length > policy.limits.patchBytes) throw new Error(`${name} is larger than policy takes.`);
    const beyond = files.length > limits.maxFiles;
    if (!beyond && files.length > policy.limits.files)
      throw new Error(`${name} has ${files.length} files, which is neither taken nor far too many.`);
    return {
      name,
      patch,
      file,
      files: files.length,
      beyond,
      seen: { ours: [], refused: [], floor: [], start: [] },
    };
  });
  const commits = historySamples(policy.limits).map((patch, i) => {
    const file = join(folder, `commit-${i}.patch`);
    writeFileSync(file, patch);
    return { patch, file };
  });
  const ofHistory = { bytes: commits.reduce((sum, { patch }) => sum + patch.length, 0), ours: [], floor: [] };
  const readHistory = () => commits.forEach(({ patch }) => ours(patch));
  readHistory();
  const small = join(folder, 'small.patch');
  writeFileSync(small, 'diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n');
  for (const { patch, beyond } of samples) {
    spent(ofOurs, () => ours(patch));
    if (beyond) spent(ofOurs, () => refusal(patch));
  }
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    ofHistory.floor.push(spent(ofChildren, () => commits.forEach(({ file }) => numstat(file)), 1));
    ofHistory.ours.push(spent(ofOurs, readHistory, 3));
    for (const { patch, file, beyond, seen } of samples) {
      seen.floor.push(spent(ofChildren, () => numstat(file)));
      seen.ours.push(spent(ofOurs, () => ours(patch)));
      if (beyond) seen.refused.push(spent(ofOurs, () => refusal(patch)));
      seen.start.push(spent(ofChildren, () => numstat(small)));
    }
  }
  const historyPath = `${commits.length} commits of this repository`;
  const historySpeed = (times) => times.map(({ processor }) => (1000 * ofHistory.bytes) / MiB / processor);
  const historyRows = [
    judge({
      path: `${historyPath}, git as it is run`,
      unit: 'MiB/s',
      ours: historySpeed(ofHistory.ours),
      floor: historySpeed(ofHistory.floor),
      floorName: 'by git apply --numstat',
      target: atLeast(2),
    }),
    judge({
      path: `${historyPath}, by the clock`,
      unit: 'ms',
      ours: ofHistory.ours.map(({ wall }) => wall),
      floor: ofHistory.floor.map(({ wall }) => wall),
      floorName: 'ms by git apply --numstat',
    }),
  ];
  const counters = samples.flatMap(({ name, patch, files }) => [
    { path: name, name: 'files', ours: files },
    { path: name, name: 'MiB of patch', ours: patch.length / MiB },
  ]);
  counters.unshift({ path: historyPath, name: 'MiB of patch', ours: ofHistory.bytes / MiB });
  const paths = samples.flatMap(({ name, patch, beyond, seen }) => {
    const speed = (times) => times.map((ms) => (1000 * patch.length) / MiB / ms);
    const of = (what, clock) => seen[what].map((one) => one[clock]);
    const bare = of('floor', 'processor').map((ms, i) => ms - seen.start[i].processor);
    const asRun = (path, what, target) =>
      judge({
        path: `${name}, ${path}`,
        unit: 'MiB/s',
        ours: speed(of(what, 'processor')),
        floor: speed(of('floor', 'processor')),
        floorName: 'by git apply --numstat',
        target,
      });
    return [
      ...(beyond
        ? [asRun('as the usual policy answers it', 'refused', atLeast(2)), asRun('read whole', 'ours')]
        : [asRun('git as it is run', 'ours', atLeast(2))]),
      // Of a small one nearly all is the start, and what is left is less than can be told.
      ...(patch.length < MiB
        ? []
        : [
            judge({
              path: `${name}, git without its start`,
              unit: 'MiB/s',
              ours: speed(of('ours', 'processor')),
              floor: speed(bare),
              floorName: 'by git, its start taken off',
            }),
          ]),
      judge({
        path: `${name}, by the clock`,
        unit: 'ms',
        ours: of('ours', 'wall'),
        floor: of('floor', 'wall'),
        floorName: 'ms by git apply --numstat',
      }),
    ];
  });
  return { counters, paths: [...historyRows, ...paths] };
};
