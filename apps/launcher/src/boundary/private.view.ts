import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { findTool } from './system.tool.js';

/** A folder that a process has to reach. */
export interface Tree {
  readonly path: string;
  /** Modes still hold where it is; anything else is read-only through a view. */
  readonly isWritable?: boolean;
}

/** A file system as only some processes see it: closed folders give way to the few trees they need. */
export interface PrivateView {
  /** The closed folders. Of what is in them nothing but the trees is there. */
  readonly behind: readonly string[];
  /** Words in front of a program, to be run as root; they become the program itself. */
  readonly words: readonly string[];
  /** Starts nothing more in it. It is gone when the last process in it is: the machine never saw a mount. */
  close(): void;
}

export type ViewAnswer =
  { readonly ok: true; readonly view: PrivateView } | { readonly ok: false; readonly reason: string };

const run = promisify(execFile);
const quiet = { cwd: '/', env: { LC_ALL: 'C' }, timeout: 30_000 } as const;

/** Folders from the root to `path` itself. */
const stepsTo = (path: string): string[] =>
  path === dirname(path) ? [path] : [...stepsTo(dirname(path)), path];

/** The outermost folder above `path` that others cannot pass. */
export const closedAbove = (path: string): string | undefined =>
  stepsTo(dirname(path)).find((folder) => (statSync(folder).mode & 0o001) === 0);

const byClosedFolder = (trees: readonly Tree[]): Map<string, Tree[]> => {
  const closed = new Map<string, Tree[]>();
  for (const tree of trees) {
    const folder = closedAbove(tree.path);
    if (folder !== undefined) closed.set(folder, [...(closed.get(folder) ?? []), tree]);
  }
  return closed;
};

/** A mount namespace, as an open file: it lives as long as that, or a process in it. */
const makeNamespace = async (unshare: string, cat: string): Promise<number> => {
  // A slave, not private: what the machine unmounts later must not stay busy in here.
  const holder = spawn(unshare, ['--mount', '--propagation', 'slave', '--', cat], quiet);
  const said = text(holder.stderr);
  const over = once(holder, 'close');
  holder.stdin.on('error', () => undefined).write('.');
  const isMade = await Promise.race([once(holder.stdout, 'data').then(() => true), over.then(() => false)]);
  try {
    if (!isMade) throw new Error(await said);
    return openSync(`/proc/${holder.pid}/ns/mnt`, 'r');
  } finally {
    holder.stdin.end();
    await over;
  }
};

/** What was said first: mount goes on with advice. */
const firstLine = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message: string };
  return (stderr || message).trim().split('\n')[0] ?? '';
};

/** Puts the trees below `folder` in its place, all else gone. They are gathered at `stage` first: then it is too late. */
const replace = async (
  folder: string,
  trees: readonly Tree[],
  stage: string,
  inside: (tool: string, ...args: string[]) => Promise<unknown>,
): Promise<void> => {
  await inside('mount', '-t', 'tmpfs', '-o', 'mode=0711,size=1m,nosuid,nodev', 'gatehouse', stage);
  for (const { path, isWritable = false } of trees) {
    const at = join(stage, relative(folder, path));
    const steps = stepsTo(at).filter((step) => step.length > stage.length);
    await inside('mkdir', '-p', '-m', '0711', '--', ...steps);
    await inside('mount', '--rbind', path, at);
    if (!isWritable) await inside('mount', '-o', 'remount,bind,ro,nosuid,nodev', at);
  }
  await inside('mount', '--move', stage, folder);
};

/**
 * Makes a view in which everybody can reach `trees`, at the paths that they have, although folders above are closed.
 * Owners and modes of what is in them hold as ever. `stage` is a folder to work at; it stays empty. Takes root, and
 * the right to mount.
 */
export const openView = async (trees: readonly Tree[], stage: string): Promise<ViewAnswer> => {
  const tools = ['unshare', 'nsenter', 'mount', 'mkdir', 'cat'].map(
    (name) => [name, findTool(name)] as const,
  );
  const missing = tools.find(([, path]) => path === undefined)?.[0];
  if (missing !== undefined) return { ok: false, reason: `there is no ${missing} (util-linux)` };
  const { unshare, nsenter, cat, ...rest } = Object.fromEntries(tools) as Record<string, string>;
  let namespace: number | undefined;
  try {
    const closed = byClosedFolder(trees);
    const behind = [...closed.keys()];
    if (behind.length === 0) return { ok: false, reason: 'no folder above it is closed' };
    if (behind.includes('/')) return { ok: false, reason: '/ itself is closed' };
    mkdirSync(stage, { recursive: true, mode: 0o700 });
    namespace = await makeNamespace(unshare ?? '', cat ?? '');
    const file = namespace;
    const words = [nsenter ?? '', `--mount=/proc/${process.pid}/fd/${file}`, '--'];
    const [enter = '', ...more] = words;
    for (const [folder, below] of closed)
      await replace(folder, below, stage, (tool, ...args) =>
        run(enter, [...more, rest[tool] ?? '', ...args], quiet),
      );
    return { ok: true, view: { behind, words, close: () => closeSync(file) } };
  } catch (error) {
    if (namespace !== undefined) closeSync(namespace);
    return { ok: false, reason: firstLine(error) };
  }
};
