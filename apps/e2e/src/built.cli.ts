import { fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import { clone } from './examples.js';

const main = join(clone, 'apps', 'cli', 'bin', 'gatehouse.js');

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

/** The command many times over in one process: for what it says, not for how a process behaves. */
export class ResidentCli {
  private readonly child = fork(join(import.meta.dirname, 'resident.cli.mjs'), [clone], { execArgv: [] });
  private readonly waiting = new Map<number, { done: (ran: Ran) => void; fail: (error: Error) => void }>();
  private asked = 0;

  constructor() {
    this.child.on('message', ({ id, ...ran }: Ran & { id: number }) => {
      this.waiting.get(id)?.done(ran);
      this.waiting.delete(id);
    });
    this.child.once('exit', (code) => {
      for (const { fail } of this.waiting.values())
        fail(new Error(`The resident command ended with ${code}.`));
    });
  }

  run(args: readonly string[], { env, input = '' }: Omit<Running, 'onOutput'>): Promise<Ran> {
    const id = (this.asked += 1);
    return new Promise((done, fail) => {
      this.waiting.set(id, { done, fail });
      this.child.send({ id, args, env: { ...env }, input });
    });
  }

  end(): void {
    this.child.disconnect();
  }
}
