import { execFile } from 'node:child_process';
import { closeSync, constants, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Stdio {
  /** File descriptors for the child's 0, 1 and 2; close them once it has started. */
  child: [number, number, number];
  stdin: Socket;
  stdout: Socket;
  stderr: Socket;
}

/**
 * Real pipes for a child. What Node calls a pipe is a socket, and a program that opens /dev/stdout (as
 * `tee /dev/stderr` does) fails on a socket. Mode 0666, because such a program opens it anew as its own user;
 * the names are gone before it starts.
 */
export const openStdio = async (folder: string): Promise<Stdio> => {
  const names = ['stdin', 'stdout', 'stderr'].map((name) => join(folder, name));
  await run('mkfifo', ['-m', '666', ...names]);
  const ends = names.map((name) => {
    // Open for both directions never waits, and with it held neither do the two single ends.
    const hold = openSync(name, constants.O_RDWR);
    const reader = openSync(name, constants.O_RDONLY);
    const writer = openSync(name, constants.O_WRONLY);
    closeSync(hold);
    rmSync(name);
    return { reader, writer };
  });
  const [input, output, errors] = ends as [(typeof ends)[0], (typeof ends)[0], (typeof ends)[0]];
  return {
    child: [input.reader, output.writer, errors.writer],
    stdin: new Socket({ fd: input.writer, readable: false, writable: true }),
    stdout: new Socket({ fd: output.reader, readable: true, writable: false }),
    stderr: new Socket({ fd: errors.reader, readable: true, writable: false }),
  };
};
