#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Io, Sink } from './io.js';
import { runCli } from './program.js';

const interrupt = new AbortController();
// The second Ctrl-C ends the process at once, whatever hangs.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort(name));

const sink = (stream: NodeJS.WriteStream): Sink => ({
  write: (text) => void stream.write(text),
  isTTY: stream.isTTY === true,
  columns: stream.columns,
});

/** A closed pipe (`gatehouse … | head`) is the reader's wish, not a fault. */
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });

const readStandardInput = async (): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const io: Io = {
  env: process.env,
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  clone: realpathSync(resolve(import.meta.dirname, '..', '..', '..')),
  home: homedir(),
  isRoot: process.getuid?.() === 0,
  signal: interrupt.signal,
  fetch: (...args) => fetch(...args),
  now: () => Date.now(),
  read: (path) => (path === '-' ? readStandardInput() : readFile(path)),
  modeOf: async (path) => (await stat(path)).mode & 0o777,
  write: async (path, bytes, mode) => {
    const file = await open(path, 'wx', mode);
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
  },
  run: (program, args) =>
    new Promise((done, fail) => {
      const child = spawn(program, args, { stdio: 'inherit' });
      const pass = () => {
        // A terminal gives Ctrl-C to the child itself; a second one would cut its orderly end short.
        if (interrupt.signal.reason === 'SIGINT' && process.stdin.isTTY) return;
        child.kill(interrupt.signal.reason as NodeJS.Signals);
      };
      interrupt.signal.addEventListener('abort', pass, { once: true });
      child.once('error', fail);
      child.once('exit', (code) => done(code ?? 1));
    }),
};

const code = await runCli(process.argv.slice(2), io);
// Exit only once all output has left: a pipe may still be draining.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
