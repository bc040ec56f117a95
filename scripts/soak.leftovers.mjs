// The outside checker, third part: what must be gone a minute after everything is quiet, and after the stop.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { git } from './soak.load.mjs';
import { probe } from './step.mjs';

const quietMs = 60_000;

const list = (folder) => (existsSync(folder) ? readdirSync(folder) : []);
const read = (path) => {
  try {
    return readFileSync(path, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
};

/** Living processes that carry a word in their arguments, environment, folder or mounts. */
const processesWith = (words) => {
  const found = [];
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const stat = read(`/proc/${pid}/stat`);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || state === 'Z') continue;
    let cwd = '';
    try {
      cwd = readlinkSync(`/proc/${pid}/cwd`);
    } catch {
      // Gone since.
    }
    const text = ['cmdline', 'environ', 'mountinfo'].map((name) => read(`/proc/${pid}/${name}`)).join(' ');
    if (words.some((word) => `${text} ${cwd}`.includes(word)))
      found.push({ pid, parent: Number(parent), said: read(`/proc/${pid}/cmdline`).slice(0, 120) });
  }
  return found;
};

/** Without those below a living part of the plane. */
const strangers = (found, plane) => {
  const known = new Set(Object.values(plane.processes).flatMap(({ pid }) => pid ?? []));
  const { supervisor } = JSON.parse(readFileSync(join(plane.data, 'status.json'), 'utf8'));
  known.add(supervisor.pid);
  const parentOf = new Map(found.map(({ pid, parent }) => [pid, parent]));
  const belongs = (pid) => {
    for (let at = pid; at > 1; at = parentOf.get(at) ?? 0)
      if (known.has(at) || at === process.pid) return true;
    return false;
  };
  return found.filter(({ pid }) => !belongs(pid));
};

const containersOf = async (plane) => {
  const { ok, said } = probe('docker', ['ps', '-a', '--format', '{{.ID}} {{.Label "gatehouse.lease"}}']);
  if (!ok) return [];
  const ours = new Set((await plane.sql('SELECT id FROM leases')).map(({ id }) => id));
  return said.split('\n').filter((line) => ours.has(line.split(' ')[1]));
};

/** Files that only something at work may have. */
const filesOf = (plane, targets) => {
  const found = [];
  const below = (folder, name) => found.push(...list(folder).map((entry) => `${name}/${entry}`));
  below(join(plane.data, 'quarantine'), 'quarantine');
  for (const zone of list(join(plane.data, 'work'))) {
    const attempts = join(plane.data, 'work', zone, 'attempts');
    for (const life of list(attempts)) below(join(attempts, life), `work/${zone}/attempts/${life}`);
    below(join(plane.data, 'work', zone, 'sandboxes', 'runs'), `work/${zone}/sandboxes/runs`);
  }
  for (const name of list(join(plane.data, 'mirrors'))) {
    const mirror = join(plane.data, 'mirrors', name);
    if (!name.endsWith('.git') || !existsSync(join(mirror, 'HEAD'))) {
      if (!existsSync(join(mirror, 'HEAD'))) found.push(`mirrors/${name} is no mirror`);
      continue;
    }
    const odd = git(mirror, 'for-each-ref', '--format=%(refname)')
      .split('\n')
      .filter((ref) => /tmp|temp|quarantine|fetching/i.test(ref));
    found.push(...odd.map((ref) => `mirrors/${name} ${ref}`));
  }
  for (const folder of [
    ...Object.values(targets).map(({ path }) => join(path, '.git')),
    join(plane.data, 'mirrors'),
  ])
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
      // gatehouse.lock is what fetches of one mirror queue at; it stays.
      if (entry.name !== 'gatehouse.lock' && /\.lock$|^tmp_|^incoming-|\.tmp$/.test(entry.name))
        found.push(join(entry.parentPath ?? entry.path, entry.name));
  return found;
};

/** Looks until nothing is left, at most as long as a leftover may live. */
const untilClean = async (look) => {
  let left = [];
  for (const end = Date.now() + quietMs; Date.now() < end; await sleep(1_000)) {
    left = await look();
    if (left.length === 0) break;
  }
  return left;
};

export const checkLeftovers = async ({ plane, targets, mark, tally }) => {
  const kinds = {
    containers: () => containersOf(plane),
    'processes of agents': () => processesWith([mark]).map(({ said }) => said),
    'processes of nobody': () =>
      strangers(processesWith([plane.data]), plane).map(({ pid, said }) => `${pid} ${said}`),
    'files of something at work': () => filesOf(plane, targets),
  };
  for (const [what, look] of Object.entries(kinds)) {
    const left = await untilClean(look);
    tally.expect(
      left.length === 0,
      () => `${left.length} ${what} are left ${quietMs / 1000} s after quiet: ${left.slice(0, 5).join('; ')}`,
    );
  }
};

export const checkStopped = ({ plane, mark, tally }) => {
  const left = processesWith([mark, plane.data]);
  tally.expect(
    left.length === 0,
    () => `after the stop these run: ${left.map(({ pid, said }) => `${pid} ${said}`).join('; ')}`,
  );
};
