// The command without a process for each call: runs the built program on what each message says, and answers what its
// own process would have: { id, args, env, input } → { id, code, stdout, stderr }. Loading it takes half a second of a
// processor, its work a few milliseconds. Whatever is about the process itself belongs to runCli of built.cli.ts.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const clone = process.argv[2];
const { runCli } = await import(pathToFileURL(resolve(clone, 'apps/cli/dist/program.js')).href);

const sink = () => {
  const parts = [];
  return {
    write: (text) => void parts.push(Buffer.from(text)),
    isTTY: false,
    columns: undefined,
    text: () => Buffer.concat(parts).toString('utf8'),
  };
};

const carryOut = async ({ id, args, env, input }) => {
  const [stdout, stderr] = [sink(), sink()];
  const code = await runCli(args, {
    env,
    stdout,
    stderr,
    clone,
    home: env.HOME,
    isRoot: process.getuid?.() === 0,
    signal: new AbortController().signal,
    fetch: (...call) => fetch(...call),
    now: () => Date.now(),
    read: async (path) => (path === '-' ? Buffer.from(input) : readFile(path)),
    modeOf: async (path) => (await stat(path)).mode & 0o777,
    write: (path, bytes, mode) => writeFile(path, bytes, { flag: 'wx', mode }),
    run: () => Promise.reject(new Error('A program of its own needs a process of its own: use runCli.')),
  });
  process.send({ id, code, stdout: stdout.text(), stderr: stderr.text() });
};

process.on('message', (message) => void carryOut(message));
process.on('disconnect', () => process.exit());
