import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { GatehouseError } from '@gatehouse/contracts';
import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { SecretHit } from './secret.hit.js';

/** Who can tell what secrets a blob shows. Throws where it could not be found out. */
export interface ScanSecrets {
  scan(content: Buffer): Promise<readonly SecretHit[]>;
}

/** Built, also where the sources of this room run as they are: a thread loads no TypeScript. */
const program = fileURLToPath(new URL('../../dist/secrets/scan.worker.js', import.meta.url));

/** What a scan takes is linear: 8 MiB take about a second, and a machine may be busy. */
const defaultTimeoutMs = 60_000;
const threads = 2;

interface Job {
  readonly content: Buffer;
  readonly resolve: (hits: readonly SecretHit[]) => void;
  readonly reject: (error: Error) => void;
}

export type ScanAnswer = { readonly hits: readonly SecretHit[] } | { readonly error: string };

const failed = (message: string, cause?: unknown): GatehouseError =>
  new GatehouseError('internal.unexpected', `The scan for secrets ${message}: judge the candidate again.`, {
    cause,
  });

/**
 * Scans in threads of their own, so that a large candidate does not hold up whoever asked. A thread that takes too
 * long or dies fails its scan, and the next scan gets a new one.
 */
@Injectable()
export class SecretScanner implements ScanSecrets, OnModuleDestroy {
  readonly #queue: Job[] = [];
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #running = new Map<Worker, Job & { readonly timer: NodeJS.Timeout }>();
  #timeoutMs = defaultTimeoutMs;
  #program = program;

  /** Of another program and with another patience, for tests. */
  static of(file: string, timeoutMs: number): SecretScanner {
    const scanner = new SecretScanner();
    scanner.#program = file;
    scanner.#timeoutMs = timeoutMs;
    return scanner;
  }

  /** Starts the threads, which load for some 100 ms: call it where a scan will follow. */
  start(): void {
    while (this.#all.size < threads) this.#idle.push(this.#start());
  }

  scan(content: Buffer): Promise<readonly SecretHit[]> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ content, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    const all = [...this.#all];
    this.#all.clear();
    this.#idle.length = 0;
    for (const { reject } of this.#queue.splice(0)) reject(failed('was ended'));
    await Promise.all(all.map((worker) => worker.terminate()));
  }

  onModuleDestroy(): Promise<void> {
    return this.close();
  }

  #next(): void {
    if (this.#queue.length === 0) return;
    const worker = this.#idle.pop() ?? (this.#all.size < threads ? this.#start() : undefined);
    if (worker !== undefined) this.#run(worker, this.#queue.shift()!);
  }

  #start(): Worker {
    const worker = new Worker(this.#program, { resourceLimits: { maxOldGenerationSizeMb: 512 } });
    // An idle thread keeps no process alive.
    worker.unref();
    this.#all.add(worker);
    worker.on('message', (answer: ScanAnswer) =>
      'hits' in answer
        ? this.#end(worker, null, answer.hits)
        : this.#end(worker, failed('broke', answer.error)),
    );
    worker.on('error', (error) => this.#end(worker, failed('broke', error)));
    worker.on('exit', () => this.#end(worker, failed('was ended')));
    return worker;
  }

  #run(worker: Worker, job: Job): void {
    const timer = setTimeout(
      () => this.#end(worker, failed(`did not end within ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    );
    this.#running.set(worker, { ...job, timer });
    // A copy of its own that moves over; the blob may be part of a larger buffer.
    const bytes = Uint8Array.from(job.content);
    worker.postMessage(bytes, [bytes.buffer]);
  }

  /** A thread that failed is not used again, and what it says while it is taken down is nobody's. */
  #end(worker: Worker, error: Error | null, hits: readonly SecretHit[] = []): void {
    const job = this.#running.get(worker);
    this.#running.delete(worker);
    clearTimeout(job?.timer);
    if (error === null && this.#all.has(worker)) this.#idle.push(worker);
    else if (this.#all.delete(worker)) {
      const place = this.#idle.indexOf(worker);
      if (place >= 0) this.#idle.splice(place, 1);
      void worker.terminate();
    }
    if (error === null) job?.resolve(hits);
    else job?.reject(error);
    this.#next();
  }
}
