import { spawn, type ChildProcess } from 'node:child_process';
import { Readable, type Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { GatehouseError } from '@gatehouse/contracts';
import type { Command, CommandInput, Finished, RunningCommand } from './spawner.command.js';
import { encodeFrame, FrameReader, frame, u32 } from './spawner.frame.js';

const program = fileURLToPath(new URL('./spawner.process.mjs', import.meta.url));
/** Bytes of input under way to a command before we wait for it to read. */
const inputWindow = 1 << 20;
/** Bytes of output read before the command is told that it may write so many more; half of what it may be ahead. */
const outputCredit = 1 << 19;
/** How long past its own limit a call may stay unanswered before the spawner itself is taken for stuck. */
const graceMs = 10_000;

/** Who takes the output of a command. */
interface Sink {
  take(chunk: Buffer): void;
  end(): void;
}

interface Call {
  readonly sink: Sink;
  readonly stderr: Buffer[];
  readonly settle: (finished: Finished) => void;
  readonly watchdog: NodeJS.Timeout;
  pid: number | undefined;
  inputOpen: number;
  inputWaiter: (() => void) | undefined;
  ended: boolean;
}

/**
 * Runs commands through one small child process, so that this process never forks from its own large heap.
 * A spawner that dies fails the calls under way (`ended: 'lost'`) and is started again by the next call.
 */
export class Spawner {
  private child: ChildProcess | undefined;
  private channel: Duplex | undefined;
  private readonly calls = new Map<number, Call>();
  private nextId = 1;
  private closed = false;

  /** Forks the spawner now, while the heap is small; later calls would fork it when first needed. */
  start(): void {
    this.connect();
  }

  /** Process id of the spawner, while there is one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  stream(command: Command): RunningCommand {
    let owed = 0;
    const repay = () => {
      if (owed < outputCredit) return;
      this.send(frame.credit, id, u32(owed));
      owed = 0;
    };
    const stdout = new Readable({
      read: repay,
      destroy: (error, callback) => {
        this.send(frame.kill, id);
        callback(error);
      },
    });
    const take = (chunk: Buffer): void => {
      owed += chunk.length;
      if (stdout.push(chunk)) repay();
    };
    const { id, done } = this.begin(command, { take, end: () => void stdout.push(null) });
    return { stdout, done, kill: () => this.send(frame.kill, id) };
  }

  /** Runs a command and collects its output, which its own cap bounds. */
  async run(command: Command): Promise<Finished & { readonly stdout: Buffer }> {
    // No stream in between: building one costs more than all else that a short command asks of the event loop.
    const chunks: Buffer[] = [];
    let owed = 0;
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      owed += chunk.length;
      if (owed < outputCredit) return;
      this.send(frame.credit, id, u32(owed));
      owed = 0;
    };
    const { id, done } = this.begin(command, { take, end: () => undefined });
    const finished = await done;
    return { ...finished, stdout: Buffer.concat(chunks) };
  }

  private begin(command: Command, sink: Sink): { readonly id: number; readonly done: Promise<Finished> } {
    const channel = this.connect();
    const id = this.nextId++;
    let settle!: (finished: Finished) => void;
    const done = new Promise<Finished>((resolve) => (settle = resolve));
    const watchdog = setTimeout(() => this.child?.kill('SIGKILL'), command.timeoutMs + graceMs);
    watchdog.unref();
    const call: Call = {
      sink,
      stderr: [],
      settle,
      watchdog,
      pid: undefined,
      inputOpen: 0,
      inputWaiter: undefined,
      ended: false,
    };
    this.calls.set(id, call);
    this.keepAlive(true);
    const { input, secret, ...rest } = command;
    const start = { ...rest, input: input !== undefined, secret: secret !== undefined };
    channel.write(encodeFrame(frame.start, id, Buffer.from(JSON.stringify(start))));
    if (secret !== undefined) this.send(frame.secret, id, Buffer.from(secret));
    if (input !== undefined) void this.feed(id, call, input);
    return { id, done };
  }

  /** Ends the spawner and, with it, every command under way. */
  async close(): Promise<void> {
    this.closed = true;
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    // The end of the process may be seen before that of its socket: both have to keep us until they were.
    this.keepAlive(true);
    this.channel?.end();
    await gone;
  }

  private connect(): Duplex {
    if (this.closed)
      throw new GatehouseError('git.failed', 'The spawner was closed; this process is shutting down.');
    if (this.channel !== undefined) return this.channel;
    const child = spawn(process.execPath, ['--max-old-space-size=128', program], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      env: {},
    });
    const channel = child.stdio[3] as Duplex;
    this.child = child;
    this.channel = channel;
    const reader = new FrameReader((type, id, payload) => this.receive(type, id, payload));
    channel.on('data', (chunk: Buffer) => reader.push(chunk));
    // Both ends can fail first; whichever is seen first settles the calls, the other finds none.
    const lost = (why: string) => {
      if (this.child !== child) return;
      this.child = undefined;
      this.channel = undefined;
      this.loseAll(why);
    };
    channel.on('error', () => lost('the connection to the spawner broke'));
    channel.on('close', () => lost('the connection to the spawner broke'));
    child.on('error', (error) => lost(error.message));
    child.on('close', (code, signal) => lost(`the spawner ended (${signal ?? `code ${code}`})`));
    this.keepAlive(false);
    return channel;
  }

  private send(type: number, id: number, payload?: Buffer): void {
    if (this.calls.has(id)) this.channel?.write(encodeFrame(type, id, payload));
  }

  private async feed(id: number, call: Call, input: CommandInput): Promise<void> {
    try {
      const chunks = typeof input === 'string' || Buffer.isBuffer(input) ? [Buffer.from(input)] : input;
      for await (const chunk of chunks) {
        for (let at = 0; at < chunk.length && !call.ended; at += inputWindow) {
          const part = Buffer.from(chunk.subarray(at, at + inputWindow));
          call.inputOpen += part.length;
          this.send(frame.input, id, part);
          while (call.inputOpen >= inputWindow && !call.ended) {
            await new Promise<void>((resolve) => (call.inputWaiter = resolve));
          }
        }
        if (call.ended) return;
      }
      this.send(frame.inputEnd, id);
    } catch (error) {
      // The source of the input failed: a command fed half of it must not look successful.
      call.stderr.push(
        Buffer.from(`input failed: ${error instanceof Error ? error.message : String(error)}\n`),
      );
      this.send(frame.kill, id);
    }
  }

  private receive(type: number, id: number, payload: Buffer): void {
    const call = this.calls.get(id);
    if (call === undefined) return;
    if (type === frame.stdout) call.sink.take(payload);
    else if (type === frame.stderr) call.stderr.push(payload);
    else if (type === frame.started) call.pid = payload.readUInt32BE(0);
    else if (type === frame.inputCredit) {
      call.inputOpen -= payload.readUInt32BE(0);
      call.inputWaiter?.();
    } else if (type === frame.exit) {
      this.settle(id, call, JSON.parse(payload.toString('utf8')) as Omit<Finished, 'stderr'>);
    }
  }

  private settle(id: number, call: Call, end: Omit<Finished, 'stderr'>): void {
    call.ended = true;
    clearTimeout(call.watchdog);
    this.calls.delete(id);
    call.inputWaiter?.();
    call.settle({ ...end, stderr: Buffer.concat(call.stderr) });
    call.sink.end();
    if (this.calls.size === 0 && !this.closed) this.keepAlive(false);
  }

  private loseAll(why: string): void {
    for (const [id, call] of [...this.calls]) {
      // The commands outlive a killed spawner: it was the one who would have ended them. One that we closed does so.
      if (!this.closed && call.pid !== undefined && call.pid > 1) {
        try {
          process.kill(-call.pid, 'SIGKILL');
        } catch {
          // Already gone.
        }
      }
      this.settle(id, call, { ended: 'lost', code: null, signal: null, message: why });
    }
  }

  /** Only work under way keeps this process alive; an idle spawner does not. */
  private keepAlive(alive: boolean): void {
    const socket = this.channel as (Duplex & { ref(): void; unref(): void }) | undefined;
    if (alive) {
      this.child?.ref();
      socket?.ref();
    } else {
      this.child?.unref();
      socket?.unref();
    }
  }
}
