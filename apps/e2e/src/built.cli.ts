import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { clone } from './examples.js';

const main = join(clone, 'apps', 'cli', 'dist', 'main.js');

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Called with all of stdout so far. */
  readonly onOutput?: (stdout: string, kill: (signal: NodeJS.Signals) => void) => void;
}

/** The command as people run it: a process of its own. */
export const runCli = (args: readonly string[], { env, input = '', onOutput }: Running): Promise<Ran> =>
  new Promise((done, fail) => {
    const child = spawn(process.execPath, [main, ...args], { env: { ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onOutput?.(stdout, (signal) => child.kill(signal));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', fail);
    child.once('close', (code) => done({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
