// The spawner: a small process that starts every command for a large one, because fork() from a large heap
// blocks the event loop for its page tables (19-23 ms at +800 MB, 0.04 ms through this file). Plain JavaScript
// and no imports but Node's own, so that plain node runs it from src and from dist alike.
//
// It speaks frames over fd 3: u32 payload length, u8 type, u32 call id, payload. spawner.ts is the other end.
// It lives exactly as long as that socket: when the parent is gone, every process group it started is killed.
import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

const START = 1;
const INPUT = 2;
const INPUT_END = 3;
const KILL = 4;
const CREDIT = 5;
const SECRET = 6;
const READY = 10;
const STARTED = 11;
const STDOUT = 12;
const STDERR = 13;
const INPUT_CREDIT = 14;
const EXIT = 15;

const WINDOW = 1 << 20;
const STDERR_CAP = 64 << 10;

/**
 * @typedef {{ file: string, args: string[], cwd: string, env: Record<string, string>, input: boolean,
 *   secret: boolean, timeoutMs: number, maxOutputBytes: number, uid?: number, gid?: number }} Start
 * @typedef {{ child: import('node:child_process').ChildProcess, kill: (why: string) => void,
 *   credit: (bytes: number) => void }} Call
 */

/** @type {Map<number, Call>} */
const calls = new Map();
const channel = new Socket({ fd: 3, readable: true, writable: true });

/** @param {number} type @param {number} id @param {Buffer} [payload] */
const send = (type, id, payload = Buffer.alloc(0)) => {
  const head = Buffer.allocUnsafe(9);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(id, 5);
  channel.cork();
  channel.write(head);
  if (payload.length > 0) channel.write(payload);
  channel.uncork();
};

/** @param {number} value */
const u32 = (value) => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value, 0);
  return bytes;
};

/** Longest time for git to remove what it was writing, once its parent is gone. */
const graceMs = 2_000;
let leaving = false;

/** @param {number | undefined} pid @param {'SIGKILL' | 'SIGTERM'} signal */
const killGroup = (pid, signal = 'SIGKILL') => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // ESRCH: the whole group is gone already, which is what was wanted.
  }
};

/** Whether nobody of a process group is left. @param {number | undefined} pid */
const isGone = (pid) => {
  try {
    return pid === undefined || !process.kill(-pid, 0);
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH';
  }
};

/** @param {number} id @param {Start} start */
const launch = (id, start) => {
  let ended = 'exit';
  let message = '';
  let outBytes = 0;
  let errBytes = 0;
  let unacknowledged = 0;
  let finished = false;
  const { file, args, cwd, env, uid, gid } = start;
  const stdin = start.input ? 'pipe' : 'ignore';
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  try {
    child = spawn(file, args, {
      cwd,
      env,
      // Its own session and process group, so that one signal reaches everything it starts.
      detached: true,
      // The fourth is what the command must know and nobody may see in its arguments or environment.
      stdio: [stdin, 'pipe', 'pipe', ...(start.secret ? /** @type {const} */ (['pipe']) : [])],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
  } catch (error) {
    send(
      EXIT,
      id,
      Buffer.from(JSON.stringify({ code: null, signal: null, ended: 'unstarted', message: String(error) })),
    );
    return;
  }
  const { stdout, stderr } = child;

  /** @param {string} why */
  const kill = (why) => {
    if (finished || ended !== 'exit') return;
    ended = why;
    killGroup(child.pid);
    stdout?.destroy();
    stderr?.destroy();
  };
  const timer = setTimeout(() => kill('timeout'), start.timeoutMs);
  const finish = (/** @type {number | null} */ code, /** @type {string | null} */ signal) => {
    if (finished) return;
    finished = true;
    clearTimeout(timer);
    calls.delete(id);
    send(EXIT, id, Buffer.from(JSON.stringify({ code, signal, ended, message })));
  };

  calls.set(id, {
    child,
    kill,
    credit: (bytes) => {
      unacknowledged -= bytes;
      if (unacknowledged < WINDOW) stdout?.resume();
    },
  });
  stdout?.on('data', (/** @type {Buffer} */ chunk) => {
    outBytes += chunk.length;
    if (outBytes > start.maxOutputBytes) return kill('overflow');
    send(STDOUT, id, chunk);
    unacknowledged += chunk.length;
    if (unacknowledged >= WINDOW) stdout.pause();
  });
  stderr?.on('data', (/** @type {Buffer} */ chunk) => {
    const kept = chunk.subarray(0, Math.max(0, STDERR_CAP - errBytes));
    errBytes += kept.length;
    if (kept.length > 0) send(STDERR, id, kept);
  });
  for (const stream of [...child.stdio, child.stdin]) stream?.on('error', () => undefined);
  child.on('error', (error) => {
    ended = 'unstarted';
    message = error.message;
    finish(null, null);
  });
  child.on('spawn', () => send(STARTED, id, u32(child.pid ?? 0)));
  // What the command left running in its group must not outlive it, nor hold its pipes open.
  child.on('exit', () => {
    if (!leaving) killGroup(child.pid);
  });
  child.on('close', finish);
};

/** @param {number} type @param {number} id @param {Buffer} payload */
const receive = (type, id, payload) => {
  if (type === START) return launch(id, JSON.parse(payload.toString('utf8')));
  const call = calls.get(id);
  if (call === undefined) return;
  if (type === INPUT) {
    const done = () => send(INPUT_CREDIT, id, u32(payload.length));
    // After the command closed its input the rest is swallowed, so that the sender never waits for nobody.
    if (call.child.stdin?.writable) call.child.stdin.write(payload, done);
    else done();
  } else if (type === INPUT_END) call.child.stdin?.end();
  else if (type === SECRET) /** @type {Socket} */ (call.child.stdio[3]).end(payload);
  else if (type === KILL) call.kill('killed');
  else if (type === CREDIT) call.credit(payload.readUInt32BE(0));
};

/** @type {Buffer} */
let held = Buffer.alloc(0);
channel.on('data', (chunk) => {
  held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
  while (held.length >= 9) {
    const length = held.readUInt32BE(0);
    if (held.length < 9 + length) break;
    const payload = held.subarray(9, 9 + length);
    const type = held.readUInt8(4);
    const id = held.readUInt32BE(5);
    held = held.subarray(9 + length);
    receive(type, id, payload);
  }
});

const leave = () => {
  if (leaving) return;
  leaving = true;
  const pids = [...calls.values()].map(({ child }) => child.pid);
  if (pids.length === 0) process.exit(0);
  // Killed at once, a push would leave in somebody's repository what it had not finished.
  for (const pid of pids) killGroup(pid, 'SIGTERM');
  const end = Date.now() + graceMs;
  setInterval(() => {
    if (Date.now() < end && !pids.every(isGone)) return;
    for (const pid of pids) killGroup(pid);
    process.exit(0);
  }, 20);
};
channel.on('end', leave);
channel.on('close', leave);
channel.on('error', leave);
// Ctrl-C reaches the whole foreground group; the parent decides when to stop, and its end is ours.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
send(READY, 0, u32(process.pid));
