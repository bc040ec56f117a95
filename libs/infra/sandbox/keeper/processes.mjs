// Looks at /proc. Used by the keeper and by the worker, so that both mean the same by "dead".
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Milliseconds of CLOCK_BOOTTIME: counts suspended time too, and nobody can set it. */
export const bootNow = () => Math.round(Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1000);

/** Start time of a process in clock ticks since boot, or null when it is gone. With the pid it names a process for good. */
export const startTimeOf = (pid) => {
  const stat = read(`/proc/${pid}/stat`);
  // The command name may hold spaces and brackets; fields are counted from the last bracket.
  return stat === null ? null : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
};

/** True while the very process that was recorded still runs (a zombie does not). */
export const isAlive = (pid, startTime) => {
  const process = describe(pid);
  return process !== null && process.alive && (startTime == null || startTimeOf(pid) === startTime);
};

export const pidNamespaceOf = (pid) => {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return null;
  }
};

/**
 * The pid namespace of a live process, held open: the kernel gives the number of a namespace that is gone to the next
 * one at once, and whoever looks for members by number alone finds, and kills, those of a stranger. Null where the
 * process is gone (then its namespace went with it) or lives in our own namespace.
 */
export const pinNamespace = (pid, startTime) => {
  let fd;
  try {
    fd = openSync(`/proc/${pid}/ns/pid`, 'r');
  } catch {
    return null;
  }
  const name = `pid:[${fstatSync(fd).ino}]`;
  const release = () => closeSync(fd);
  if (isAlive(pid, startTime) && name !== pidNamespaceOf(process.pid)) return { name, release };
  release();
  return null;
};

const field = (status, name) => status.match(new RegExp(`^${name}:\\s*(.*)$`, 'm'))?.[1] ?? '';

const describe = (pid) => {
  const status = read(`/proc/${pid}/status`);
  if (status === null) return null;
  const state = field(status, 'State')[0];
  const kib = (name) => (Number.parseInt(field(status, name), 10) || 0) * 1024;
  return {
    pid,
    parent: Number(field(status, 'PPid')),
    alive: state !== 'Z' && state !== 'X',
    uids: field(status, 'Uid').split('\t').map(Number),
    bytes: kib('RssAnon') + kib('RssShmem'),
  };
};

/** Every process of this machine that can be seen under `root`/proc. */
export const listProcesses = (root = '') => {
  let names;
  try {
    names = readdirSync(`${root}/proc`);
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map((name) => describe(Number(name)))
    .filter((p) => p !== null);
};

/** Bytes of anonymous and shared memory of all processes in the proc file system below `root`. */
export const memoryBelow = (root) => {
  let sum = 0;
  let names;
  try {
    names = readdirSync(`${root}/proc`);
  } catch {
    return 0;
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    const status = read(`${root}/proc/${name}/status`);
    if (status === null) continue;
    sum +=
      1024 *
      ((Number.parseInt(field(status, 'RssAnon'), 10) || 0) +
        (Number.parseInt(field(status, 'RssShmem'), 10) || 0));
  }
  return sum;
};

const environmentHas = (pid, entry) => (read(`/proc/${pid}/environ`) ?? '').split('\0').includes(entry);

/**
 * The live processes that belong to a sandbox, however they got away from their parents.
 * @param {{ namespace?: string | null, uid?: number | null, root?: { pid: number, startTime: number | null } | null, mark?: string | null, pids?: number[] }} trace
 *   what is known of the sandbox: its pinned pid namespace, the uid nobody else has, the process all others descend
 *   from, an environment entry, members of its control group
 */
export const membersOf = (trace) => {
  const all = listProcesses();
  const members = new Set(trace.pids ?? []);
  if (trace.root && isAlive(trace.root.pid, trace.root.startTime)) {
    members.add(trace.root.pid);
    for (let grew = true; grew;) {
      grew = false;
      for (const p of all)
        if (!members.has(p.pid) && members.has(p.parent)) grew = Boolean(members.add(p.pid));
    }
  }
  return all.filter(
    (p) =>
      p.alive &&
      p.pid !== process.pid &&
      (members.has(p.pid) ||
        (trace.uid != null && p.uids.includes(trace.uid)) ||
        (trace.namespace != null && pidNamespaceOf(p.pid) === trace.namespace) ||
        (trace.mark != null && environmentHas(p.pid, trace.mark))),
  );
};

/** Sends a signal; a process that is already gone is no error. */
export const signal = (pid, name) => {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
};

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Kills all members until looking again finds none.
 * @param {() => { pid: number }[]} look
 * @param {number} withinMs gives up after this time: some process sits in the kernel and cannot die
 * @returns {Promise<{ killed: number, dead: boolean }>} how many different processes were found alive
 */
export const killUntilNone = async (look, withinMs) => {
  const seen = new Set();
  for (const end = bootNow() + withinMs; ;) {
    const alive = look();
    if (alive.length === 0) return { killed: seen.size, dead: true };
    if (bootNow() > end) return { killed: seen.size, dead: false };
    for (const { pid } of alive) {
      seen.add(pid);
      signal(pid, 'SIGKILL');
    }
    await sleep(10);
  }
};
