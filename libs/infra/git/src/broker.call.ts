import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:fs';
import { open, readlink, type FileHandle } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { brokerFrame, maxClientFrame, parseRequest, type BrokerRequest } from './broker.frame.js';
import { gitEnvironment } from './git.environment.js';
import { encodeFrame, FrameReader, u32 } from './spawner.frame.js';
import { locateSource, type LocatedSource } from './source.locator.js';
import type { SourcePolicy } from './source.policy.js';
import { ownerCommand, type FarService } from './source.transport.js';

export interface CallRules {
  readonly policy: SourcePolicy;
  readonly services: readonly FarService[];
  readonly limitMs: number;
}

type Transfer = Extract<BrokerRequest, { service: FarService }>;

/** How long a client may take to say what it wants. */
const requestMs = 10_000;
/** From the word to stop to the kill: git removes its lock files in between. */
const graceMs = 2_000;

/** One connection of a client, and the git command that it asked for. It ends when either does. */
export class BrokerCall {
  /** Settles when connection and command are gone. */
  readonly over: Promise<void>;
  readonly #socket: Socket;
  readonly #rules: CallRules;
  readonly #timers: NodeJS.Timeout[] = [];
  #child: ChildProcess | undefined;
  #input: Buffer[] = [];
  #inputOver = false;
  #isOver = false;
  #gone = false;

  constructor(socket: Socket, rules: CallRules) {
    this.#socket = socket;
    this.#rules = rules;
    this.over = this.#run();
  }

  /** Ends the command, politely first. */
  async end(): Promise<void> {
    this.#socket.destroy();
    await this.over.catch(() => undefined);
  }

  async #run(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#socket.once('close', () => {
        this.#gone = true;
        resolve();
      });
    });
    this.#socket.on('error', () => undefined);
    try {
      const request = await this.#request(closed);
      if (request === undefined || this.#gone) return;
      if (request.service === 'locate') await this.#locate(request.path);
      else await this.#transfer(request, closed);
    } catch (error) {
      await this.#refuse('the broker itself failed');
      throw error;
    } finally {
      for (const timer of this.#timers) clearTimeout(timer);
      this.#socket.destroy();
    }
  }

  /** The first frame; everything after it is input. */
  #request(closed: Promise<void>): Promise<BrokerRequest | undefined> {
    const asked = new Promise<BrokerRequest | undefined>((resolve) => {
      let isFirst = true;
      const reader = new FrameReader((type, _, payload) => {
        if (!isFirst) return this.#take(type, payload);
        isFirst = false;
        const request = type === brokerFrame.request ? parseRequest(payload) : undefined;
        if (request !== undefined) resolve(request);
        else void this.#refuse('this is not a request').then(() => resolve(undefined));
      }, maxClientFrame);
      this.#socket.on('data', (chunk: Buffer) => {
        if (!reader.push(chunk)) this.#socket.destroy();
      });
      this.#timers.push(setTimeout(() => resolve(undefined), requestMs));
    });
    return Promise.race([asked, closed.then(() => undefined)]);
  }

  async #locate(path: string): Promise<void> {
    const answer = await locateSource({ kind: 'path', path }, this.#rules.policy);
    this.#send(brokerFrame.located, Buffer.from(JSON.stringify(answer)));
    await this.#finish();
  }

  async #transfer(request: Transfer, closed: Promise<void>): Promise<void> {
    const { service, path } = request;
    if (!this.#rules.services.includes(service))
      return this.#refuse(`this process may not run ${service} on any repository`);
    const answer = await locateSource({ kind: 'path', path }, this.#rules.policy);
    if (!answer.ok) return this.#refuse(answer.reason);
    if (answer.located.address !== path)
      return this.#refuse(`${path} leads to ${answer.located.address} now; it was changed meanwhile`);
    const folder = await this.#hold(answer.located);
    if (folder === undefined) return this.#refuse(`${path} was changed while it was looked at`);
    try {
      if (this.#gone) return;
      await this.#spawn(request, answer.located, folder, closed);
    } finally {
      await folder.close();
    }
  }

  /** Opens exactly the folder that was looked at: what its name means later is of no importance. */
  async #hold({ address, owner }: LocatedSource): Promise<FileHandle | undefined> {
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
    const folder = await open(address, flags).catch(() => undefined);
    if (folder === undefined) return undefined;
    const there = await readlink(`/proc/self/fd/${folder.fd}`).catch(() => address);
    const { uid, gid } = await folder.stat();
    if (there === address && uid === owner?.uid && gid === owner.gid) return folder;
    await folder.close();
    return undefined;
  }

  async #spawn(
    { service, protocol }: Transfer,
    { address, owner }: LocatedSource,
    folder: FileHandle,
    closed: Promise<void>,
  ): Promise<void> {
    const [file = '', ...args] = ownerCommand(service, owner);
    const isLinux = process.platform === 'linux';
    const child = spawn(file, [...args, isLinux ? '.' : address], {
      // Entered by its handle, before the rights are dropped.
      cwd: isLinux ? `/proc/self/fd/${folder.fd}` : '/',
      env: { ...gitEnvironment, ...(protocol !== undefined && { GIT_PROTOCOL: protocol }) },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    // What the command left in its group must not outlive it.
    child.once('exit', () => {
      this.#signal('SIGKILL');
      this.#child = undefined;
      this.#isOver = true;
    });
    const ended = new Promise<number>((resolve) => {
      child.once('error', (error) => {
        this.#send(brokerFrame.stderr, Buffer.from(`fatal: git could not be started: ${error.message}\n`));
        resolve(128);
      });
      child.once('close', (code) => resolve(code ?? 128));
    });
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream.on('error', () => undefined);
    for (const [stream, type] of [
      [child.stdout, brokerFrame.stdout],
      [child.stderr, brokerFrame.stderr],
    ] as const)
      stream.on('data', (chunk: Buffer) => {
        if (this.#send(type, chunk)) return;
        stream.pause();
        this.#socket.once('drain', () => stream.resume());
      });
    child.stdin.on('drain', () => this.#socket.resume());
    for (const chunk of this.#input.splice(0)) this.#feed(chunk);
    if (this.#inputOver) child.stdin.end();
    this.#timers.push(
      setTimeout(() => {
        this.#send(brokerFrame.stderr, Buffer.from(`fatal: ${service} took too long and was ended\n`));
        this.#kill();
      }, this.#rules.limitMs),
    );
    void closed.then(() => this.#kill());
    this.#send(brokerFrame.exit, u32(await ended));
    await this.#finish();
  }

  #take(type: number, payload: Buffer): void {
    if (type === brokerFrame.input) this.#feed(Buffer.from(payload));
    else if (type === brokerFrame.inputEnd) {
      this.#inputOver = true;
      this.#child?.stdin?.end();
    } else this.#socket.destroy();
  }

  #feed(chunk: Buffer): void {
    if (this.#isOver) return;
    const stdin = this.#child?.stdin;
    if (stdin === undefined || stdin === null) {
      this.#input.push(chunk);
      this.#socket.pause();
    } else if (stdin.writable && !stdin.write(chunk)) this.#socket.pause();
    else this.#socket.resume();
  }

  #send(type: number, payload: Buffer): boolean {
    return this.#gone || !this.#socket.writable || this.#socket.write(encodeFrame(type, 0, payload));
  }

  #refuse(reason: string): Promise<void> {
    this.#send(brokerFrame.stderr, Buffer.from(`fatal: ${reason}\n`));
    this.#send(brokerFrame.exit, u32(128));
    return this.#finish();
  }

  /** Settles when the client has everything, or is gone. */
  #finish(): Promise<void> {
    return new Promise((resolve) => {
      this.#socket.once('close', () => resolve());
      if (this.#gone) resolve();
      else this.#socket.end(() => resolve());
    });
  }

  #kill(): void {
    if (this.#child === undefined) return;
    this.#signal('SIGTERM');
    this.#timers.push(setTimeout(() => this.#signal('SIGKILL'), graceMs));
  }

  #signal(name: NodeJS.Signals): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // ESRCH: the whole group is gone already, which is what was wanted.
    }
  }
}
