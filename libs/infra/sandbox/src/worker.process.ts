import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { SandboxResult } from './sandbox.contract.js';

const workerScript = fileURLToPath(new URL('../test/worker.mjs', import.meta.url));
export const nobody = 65534;

export interface Told {
  result?: SandboxResult;
  error?: string;
  stdout: Buffer;
  stderr: Buffer;
}

interface Followed {
  readonly parts: Record<'stdout' | 'stderr', Buffer[]>;
  readonly begin: () => void;
  readonly end: (told: Told) => void;
}

/** A process of test/worker.mjs and what it says of each order. */
export class WorkerProcess {
  readonly child: ChildProcess;
  private readonly followed = new Map<number | undefined, Followed>();
  private complaint = '';
  private orders = 0;

  constructor(asNobody: boolean, stdio: ('ignore' | 'pipe' | number)[], order?: Record<string, unknown>) {
    this.child = spawn(process.execPath, [workerScript, ...(order ? [JSON.stringify(order)] : [])], {
      ...(asNobody ? { uid: nobody, gid: nobody } : {}),
      cwd: '/',
      stdio,
    });
    this.child.stderr?.on('data', (chunk: Buffer) => (this.complaint += chunk.toString()));
    if (this.child.stdout)
      createInterface({ input: this.child.stdout }).on('line', (line) => this.hear(line));
    this.child.once('close', () => {
      for (const id of this.followed.keys()) this.settle(id, { error: this.complaint });
    });
  }

  follow(id: number | undefined): { told: Promise<Told>; started: Promise<void> } {
    let begin: () => void = () => {};
    const started = new Promise<void>((resolve) => (begin = resolve));
    const told = new Promise<Told>((end) =>
      this.followed.set(id, { parts: { stdout: [], stderr: [] }, begin, end }),
    );
    return { told, started };
  }

  carryOut(order: Record<string, unknown>): Promise<Told> {
    const id = ++this.orders;
    const { told } = this.follow(id);
    this.child.stdin?.write(`${JSON.stringify({ ...order, id })}\n`);
    return told;
  }

  private hear(line: string): void {
    const message = JSON.parse(line) as Record<string, unknown> & { id?: number };
    const about = this.followed.get(message.id);
    if (message['started']) about?.begin();
    for (const name of ['stdout', 'stderr'] as const)
      if (message[name]) about?.parts[name].push(Buffer.from(String(message[name]), 'base64'));
    if (message['result']) this.settle(message.id, { result: message['result'] as SandboxResult });
    if (message['error']) this.settle(message.id, { error: JSON.stringify(message['error']) });
  }

  private settle(id: number | undefined, how: { result?: SandboxResult; error?: string }): void {
    const about = this.followed.get(id);
    this.followed.delete(id);
    about?.begin();
    const { stdout = [], stderr = [] } = about?.parts ?? {};
    about?.end({ ...how, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
  }
}
