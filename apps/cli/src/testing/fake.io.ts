import { fakePlane, type FakeHandler, type FakeRequest } from '@gatehouse/client/testing';
import type { Io, Sink } from '../io.js';
import { runCli } from '../program.js';

export interface FakeFiles {
  readonly [path: string]: string | Uint8Array;
}

export interface FakeSetUp {
  readonly handlers?: Readonly<Record<string, FakeHandler>>;
  readonly files?: FakeFiles;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTTY?: boolean;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  /** Exit code of whatever is spawned. */
  readonly exits?: number;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly requests: readonly FakeRequest[];
  readonly spawned: readonly (readonly string[])[];
  readonly written: Readonly<Record<string, { readonly text: string; readonly mode: number }>>;
}

const sink = (isTTY: boolean): Sink & { text: () => string } => {
  const decoder = new TextDecoder();
  let all = '';
  return {
    write: (text) => void (all += typeof text === 'string' ? text : decoder.decode(text)),
    isTTY,
    columns: isTTY ? 100 : undefined,
    text: () => all,
  };
};

const missing = (path: string): Error =>
  Object.assign(new Error(`ENOENT: no such file, ${path}`), { code: 'ENOENT' });

/** Runs one command line against a fake plane and fake files; signed in unless `env` says otherwise. */
export const run = async (args: readonly string[], setUp: FakeSetUp = {}): Promise<Ran> => {
  const plane = fakePlane(setUp.handlers ?? {});
  const stdout = sink(setUp.isTTY ?? false);
  const stderr = sink(setUp.isTTY ?? false);
  const files = new Map(Object.entries(setUp.files ?? {}));
  const spawned: (readonly string[])[] = [];
  const written: Record<string, { text: string; mode: number }> = {};
  const io: Io = {
    env: setUp.env ?? { GATEHOUSE_URL: 'http://127.0.0.1:7070', GATEHOUSE_TOKEN: 'token' },
    stdout,
    stderr,
    clone: '/clone',
    home: '/home/ada',
    isRoot: false,
    signal: setUp.signal ?? new AbortController().signal,
    fetch: setUp.fetch ?? plane.fetch,
    now: () => Date.parse('2026-01-02T03:05:05.678Z'),
    read: async (path) => {
      const found = files.get(path);
      if (found === undefined) throw missing(path);
      return typeof found === 'string' ? new TextEncoder().encode(found) : found;
    },
    modeOf: async (path) => {
      if (!files.has(path)) throw missing(path);
      return path.endsWith('.open') ? 0o644 : 0o600;
    },
    write: async (path, bytes, mode) => {
      if (files.has(path)) throw Object.assign(new Error('EEXIST: file already exists'), { code: 'EEXIST' });
      written[path] = { text: new TextDecoder().decode(bytes), mode };
    },
    run: async (program, rest) => {
      spawned.push([program, ...rest]);
      return setUp.exits ?? 0;
    },
  };
  const code = await runCli(args, io);
  return { code, stdout: stdout.text(), stderr: stderr.text(), requests: plane.requests, spawned, written };
};

/** Values of a stream of JSON lines. */
export const jsonLines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
