// Control groups, version 2 where its controllers are at hand, else version 1. One group per run.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const wanted = ['memory', 'pids', 'cpu'];
const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
};
const works = (step) => {
  try {
    step();
    return true;
  } catch {
    return false;
  }
};

const ownPaths = () =>
  read('/proc/self/cgroup')
    .trim()
    .split('\n')
    .map((line) => {
      const [, controllers = '', path = '/'] = line.match(/^\d+:([^:]*):(.*)$/) ?? [];
      return { controllers: controllers.split(','), path };
    });

const mounts = () =>
  read('/proc/self/mounts')
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
    .filter((m) => m[2]?.startsWith('cgroup'))
    .map(([, point, type, options]) => ({ point, type, options: options.split(',') }));

// A group that has processes of its own cannot hand controllers down (v2), so the mount's root is tried too.
const versionTwo = () => {
  const mount = mounts().find((m) => m.type === 'cgroup2');
  if (mount === undefined) return null;
  const own = ownPaths().find((o) => o.controllers[0] === '')?.path ?? '/';
  for (const parent of new Set([join(mount.point, own), mount.point])) {
    const home = join(parent, 'gatehouse');
    const offered = read(join(parent, 'cgroup.controllers')).split(/\s+/);
    if (!wanted.every((c) => offered.includes(c))) continue;
    const enable = (folder) =>
      writeFileSync(join(folder, 'cgroup.subtree_control'), wanted.map((c) => `+${c}`).join(' '));
    if (
      works(() => enable(parent)) &&
      works(() => mkdirSync(home, { recursive: true })) &&
      works(() => enable(home))
    )
      return { version: 2, homes: { all: home } };
  }
  return null;
};

const versionOne = () => {
  const homes = {};
  for (const controller of wanted) {
    const mount = mounts().find((m) => m.type === 'cgroup' && m.options.includes(controller));
    if (mount === undefined) return null;
    const own = ownPaths().find((o) => o.controllers.includes(controller))?.path ?? '/';
    const home = [join(mount.point, own, 'gatehouse'), join(mount.point, 'gatehouse')].find((h) =>
      works(() => mkdirSync(h, { recursive: true })),
    );
    if (home === undefined) return null;
    homes[controller] = home;
  }
  return { version: 1, homes };
};

/** What this process may use, or null: then limits fall to rlimits and the keeper's watch. */
export const detectCgroups = () => (process.getuid?.() === 0 ? (versionTwo() ?? versionOne()) : null);

/** The group of one run, not yet made: so that it can be written down first and a crash leaves none unknown. */
export const groupOf = (found, name) => ({
  version: found.version,
  paths: Object.fromEntries(Object.entries(found.homes).map(([key, home]) => [key, join(home, name)])),
});

/** Makes a group and sets its limits. Throws where the kernel refuses one. */
export const createCgroup = (group, limits) => {
  const { paths } = group;
  for (const path of Object.values(paths)) mkdirSync(path, { recursive: true });
  const period = 100_000;
  const quota = Math.max(1000, Math.round(limits.cpus * period));
  if (group.version === 2) {
    writeFileSync(join(paths.all, 'memory.max'), String(limits.memoryBytes));
    if (existsSync(join(paths.all, 'memory.swap.max')))
      writeFileSync(join(paths.all, 'memory.swap.max'), '0');
    writeFileSync(join(paths.all, 'memory.oom.group'), '1');
    writeFileSync(join(paths.all, 'pids.max'), String(limits.pids));
    writeFileSync(join(paths.all, 'cpu.max'), `${quota} ${period}`);
  } else {
    writeFileSync(join(paths.memory, 'memory.limit_in_bytes'), String(limits.memoryBytes));
    const swap = join(paths.memory, 'memory.memsw.limit_in_bytes');
    if (existsSync(swap)) works(() => writeFileSync(swap, String(limits.memoryBytes)));
    writeFileSync(join(paths.pids, 'pids.max'), String(limits.pids));
    writeFileSync(join(paths.cpu, 'cpu.cfs_period_us'), String(period));
    writeFileSync(join(paths.cpu, 'cpu.cfs_quota_us'), String(quota));
  }
};

/** The files to which a process writes 0 to join. */
export const joinFiles = (group) => Object.values(group.paths).map((path) => join(path, 'cgroup.procs'));

export const pidsIn = (group) => [
  ...new Set(
    Object.values(group.paths).flatMap((path) =>
      read(join(path, 'cgroup.procs')).split('\n').filter(Boolean).map(Number),
    ),
  ),
];

/** How many processes the kernel killed in this group for want of memory. */
export const oomKills = (group) => {
  const text =
    group.version === 2
      ? read(join(group.paths.all, 'memory.events'))
      : read(join(group.paths.memory, 'memory.oom_control'));
  return Number(text.match(/^oom_kill (\d+)$/m)?.[1] ?? 0);
};

/** Removes an empty group; the kernel refuses while a process is in it, which makes this a proof. */
export const removeCgroup = (group) =>
  Object.values(group.paths)
    .map((path) => !existsSync(path) || works(() => rmdirSync(path)))
    .every(Boolean);

/** Removes a group whose processes were just killed: the kernel lets go of them a moment later. */
export const removeCgroupWithin = async (group, withinMs) => {
  for (const until = Date.now() + withinMs; !removeCgroup(group);) {
    if (Date.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return true;
};
