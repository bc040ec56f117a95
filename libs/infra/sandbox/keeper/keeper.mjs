// The dead-man process of one sandbox. It starts the sandbox, and ends it when the command ends, when a limit is
// passed, when the worker says so, when the worker is gone (its end of fd 3 closes), or when the worker has not
// renewed the deadline (a frozen worker). Times are CLOCK_BOOTTIME. The worker's pipes go through untouched as
// fd 0, 1 and 2, so no byte of the agent passes here. Orders come in by fd 3, word of what happened goes out by fd 4.
import { spawn } from 'node:child_process';
import { openSync, readFileSync, readdirSync } from 'node:fs';
import { Socket } from 'node:net';
import { oomKills, pidsIn, removeCgroupWithin } from './cgroup.mjs';
import {
  bootNow,
  killUntilNone,
  listProcesses,
  memoryBelow,
  membersOf,
  pidNamespaceOf,
  pinNamespace,
  signal,
  startTimeOf,
} from './processes.mjs';
import { TreeWatch } from './tree-watch.mjs';

const tickMs = 100;
const dieWithinMs = 5_000;
const closeOnExec = 0o2000000;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * File descriptors that the worker's own parent left open would pass through Node into the sandbox, and an open
 * folder is a way out of it. Each is covered with /dev/null. Answers the entries of `stdio` from 5 on.
 */
const coverInherited = () => {
  const inherited = readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        const flags = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/^flags:\s*(\d+)$/m)?.[1] ?? '0';
        return fd > 4 && (Number.parseInt(flags, 8) & closeOnExec) === 0;
      } catch {
        return false;
      }
    });
  if (inherited.length === 0) return [];
  const nothing = openSync('/dev/null', 'r+');
  return Array.from({ length: Math.max(...inherited) - 4 }, (_, i) =>
    inherited.includes(i + 5) ? nothing : 'ignore',
  );
};

const worker = new Socket({ fd: 3, readable: true, writable: false });
const words = new Socket({ fd: 4, readable: false, writable: true });
const say = (message) => {
  if (!words.destroyed && words.writable) words.write(`${JSON.stringify(message)}\n`);
};
worker.on('error', () => worker.destroy());
words.on('error', () => words.destroy());
const sayEnd = (ended) => {
  say({ ended });
  words.end(() => process.exit(0));
  // A frozen worker reads this when it thaws; its pipe holds the line meanwhile.
  setTimeout(() => process.exit(0), 1_000);
};

class Keeper {
  constructor(order) {
    this.order = order;
    this.startedAt = bootNow();
    this.deadlineAt = order.deadlineAt ?? null;
    this.trace = { uid: order.uid ?? null, mark: order.mark ?? null };
    this.diagnostics = '';
    this.exitCode = null;
    this.ending = null;
    this.ticks = 0;
    this.tree = order.workspaceLimit ? new TreeWatch(order.workspace, order.workspaceLimit) : null;
  }

  start() {
    const { file, args, env } = this.order.launch;
    // fd 2 and 3 of the launcher come back here; the agent's stderr waits at 4 until its command starts.
    this.launcher = spawn(file, args, {
      env,
      cwd: '/',
      stdio: ['inherit', 'inherit', 'pipe', 'pipe', 2, ...coverInherited()],
    });
    this.gone = new Promise((resolve) => {
      this.launcher.once('error', (error) => {
        this.diagnostics += `${error.message}\n`;
        resolve();
        void this.end('failed_to_start');
      });
      this.launcher.once('exit', (code, name) => {
        resolve();
        this.onLauncherExit(code, name);
      });
    });
    this.launcher.stderr.on(
      'data',
      (chunk) => (this.diagnostics = (this.diagnostics + chunk).slice(0, 4096)),
    );
    let status = '';
    this.launcher.stdio[3].on('data', (chunk) => {
      status = (status + chunk).slice(-1024);
      for (let at; (at = status.indexOf('\n')) >= 0; status = status.slice(at + 1))
        this.onStatus(status.slice(0, at));
    });
    this.launcher.stdio[3].on('error', () => {});
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  onStatus(line) {
    const [word, value = ''] = line.split(/ (.*)/s);
    if (word === 'started') {
      this.noteInit();
      say({ started: { pid: this.init, namespace: this.trace.namespace ?? null } });
    } else if (word === 'exited') {
      this.exitCode ??= Number(value) & 255;
      void this.end('exited');
    } else if (word === 'failed') {
      this.diagnostics = `${value}: ${this.diagnostics}`;
      void this.end('failed_to_start');
    }
  }

  noteInit() {
    if (this.init) return;
    const pid = this.launcher.pid;
    if (!this.order.namespaces) {
      this.init = pid;
      this.trace.root = { pid, startTime: startTimeOf(pid) };
      return;
    }
    const own = pidNamespaceOf(process.pid);
    const inside = listProcesses().find((p) => p.parent === pid && p.alive && pidNamespaceOf(p.pid) !== own);
    // Held until this keeper is gone, so that its members are its own to the end.
    const pinned = inside && pinNamespace(inside.pid, startTimeOf(inside.pid));
    if (!pinned) return;
    this.init = inside.pid;
    this.trace.namespace = pinned.name;
  }

  onLauncherExit(code, name) {
    // Status lines may still be on their way when the exit is seen.
    setTimeout(() => {
      if (this.init) {
        this.exitCode ??= code ?? 128 + 9;
        void this.end('exited');
      } else {
        this.diagnostics ||= `the launcher ended with ${name ?? code}`;
        void this.end('failed_to_start');
      }
    }, 50);
  }

  tick() {
    if (this.ending) return;
    const now = bootNow();
    const { order } = this;
    if (this.deadlineAt !== null && now >= this.deadlineAt) return void this.end('lease_expired');
    if (now - this.startedAt >= order.wallMs) return void this.end('timeout', order.graceMs);
    if (order.cgroup) {
      if (oomKills(order.cgroup) > 0) return void this.end('memory');
    } else if (this.init && order.watchMemoryBytes && this.ticks++ % (order.namespaces ? 1 : 10) === 0) {
      const used = order.namespaces
        ? memoryBelow(`/proc/${this.init}/root${order.roomPrefix}`)
        : membersOf(this.trace).reduce((sum, p) => sum + p.bytes, 0);
      if (used > order.watchMemoryBytes) return void this.end('memory');
    }
    this.tree?.look((exceeded) => void this.end('workspace_limit', 0, exceeded));
  }

  look() {
    const pids = this.order.cgroup ? pidsIn(this.order.cgroup) : [];
    return membersOf({ ...this.trace, pids }).filter(
      (p) => p.pid !== this.launcher.pid || !this.order.namespaces,
    );
  }

  isAgents(pid) {
    return pid !== this.init;
  }

  /** First reason wins. Ends everything, then looks whether it is so. */
  async end(outcome, graceMs = 0, reason = undefined) {
    if (this.ending) return;
    this.ending = outcome;
    clearInterval(this.timer);
    this.noteInit();
    const left = new Set(
      this.look()
        .map((p) => p.pid)
        .filter((pid) => this.isAgents(pid)),
    );
    if (graceMs > 0 && outcome !== 'exited') await this.ask(graceMs);
    const { killed, dead } = await killUntilNone(() => {
      const alive = this.look();
      for (const p of alive) if (this.isAgents(p.pid)) left.add(p.pid);
      return alive;
    }, dieWithinMs);
    const gone =
      killed >= 0 && (await Promise.race([this.gone.then(() => true), sleep(dieWithinMs).then(() => false)]));
    const ooms = this.order.cgroup ? oomKills(this.order.cgroup) : 0;
    const verifiedDead =
      dead &&
      gone &&
      (!this.order.cgroup || (await removeCgroupWithin(this.order.cgroup, dieWithinMs))) &&
      this.look().length === 0;
    sayEnd({
      outcome: outcome === 'exited' && ooms > 0 ? 'memory' : outcome,
      exitCode: this.exitCode,
      killedProcesses: left.size,
      durationMs: bootNow() - this.startedAt,
      verifiedDead,
      diagnostics: this.diagnostics.trim(),
      reason,
    });
  }

  /** SIGTERM to all, and time to obey; never longer than the lease allows. */
  async ask(graceMs) {
    for (const { pid } of this.look()) if (this.isAgents(pid)) signal(pid, 'SIGTERM');
    for (
      const until = bootNow() + graceMs;
      bootNow() < until && bootNow() < (this.deadlineAt ?? Infinity);
      await sleep(20)
    )
      if (!this.look().some((p) => this.isAgents(p.pid))) return;
  }
}

let keeper = null;
// Sandboxes by Docker need HTTP; the others do without its memory.
const take = async (order) => {
  if (order.container) keeper = new (await import('./container-keeper.mjs')).ContainerKeeper(order, sayEnd);
  else keeper = new Keeper(order);
  keeper.start();
};
const obey = async (message) => {
  if (message.order) await take(message.order);
  else if (message.renew !== undefined) keeper.deadlineAt = message.renew;
  else if (message.end) void keeper.end(message.end, message.graceMs);
};

let heard = '';
let obeyed = Promise.resolve();
worker.on('data', (chunk) => {
  heard += chunk;
  for (let at; (at = heard.indexOf('\n')) >= 0; heard = heard.slice(at + 1)) {
    const message = JSON.parse(heard.slice(0, at));
    obeyed = obeyed.then(() => obey(message));
  }
});
// A worker that was killed cannot take a result; the sandbox must not outlive it.
const abandoned = () => obeyed.then(() => (keeper ? void keeper.end('abandoned') : process.exit(0)));
worker.on('end', abandoned);
worker.on('close', abandoned);
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => void keeper?.end('cancelled'));
