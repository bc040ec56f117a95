import type { VerifyReport } from '@gatehouse/contracts';
import {
  endOf,
  firstCheckpoint,
  signCheckpoint,
  verifyCheckpoint,
  type Checkpoint,
  type CheckpointEnd,
  type HeadTuple,
  type KeyRing,
  type SigningKey,
} from '@gatehouse/proof';
import type { CheckpointFile } from './checkpoint.file.js';
import type { CheckpointRepository } from './checkpoint.repository.js';
import type { ReadRepository } from './read.repository.js';
import { faultOfHead } from './verification.js';

/** Heads per line: a line stays far below what a reader has to hold in memory. */
const headsPerLine = 5_000;
const defaultIntervalMs = 10_000;
const maxFaults = 100;

export interface HeadCheckpointerOptions {
  readonly key: SigningKey;
  readonly file: CheckpointFile;
  /** Milliseconds between looks; 10 s when left out. */
  readonly intervalMs?: number;
  readonly onError?: (error: unknown) => void;
}

/**
 * Writes signed, chained digests of the stream heads to a file outside the database, so that a cut tail, a deleted
 * stream or a ledger that was hashed anew shows. One process does so at a time; any may try.
 */
export class HeadCheckpointer {
  /** Heads that the overlap would record again. */
  #recorded = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> | undefined;
  #closed = false;

  constructor(
    private readonly repository: CheckpointRepository,
    private readonly options: HeadCheckpointerOptions,
  ) {}

  start(): void {
    const { intervalMs = defaultIntervalMs, onError = () => undefined } = this.options;
    this.#timer = setTimeout(() => {
      this.#running = this.write()
        .catch(onError)
        .finally(() => {
          if (!this.#closed) this.start();
        });
    }, intervalMs);
    this.#timer.unref();
  }

  /** Writes a last checkpoint, then stops. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
    await this.write().catch(this.options.onError ?? (() => undefined));
  }

  /** Records the heads that moved; answers how many. */
  async write(): Promise<number> {
    const { file, key } = this.options;
    return this.repository.alone(async (movedSince) => {
      const end = await file.end();
      const { now, heads } = await movedSince(end.at);
      const moved = heads.filter(([streamId, seq]) => this.#recorded.get(streamId) !== seq);
      await file.append(linesOf(end, now, moved, key));
      this.#recorded = new Map(heads.map(([streamId, seq]) => [streamId, seq]));
      return moved.length;
    });
  }
}

const linesOf = (
  after: CheckpointEnd,
  at: string,
  heads: readonly HeadTuple[],
  key: SigningKey,
): Checkpoint[] => {
  const lines: Checkpoint[] = [];
  let end = after;
  for (let from = 0; from < heads.length; from += headsPerLine) {
    const line = signCheckpoint(end, { at, heads: heads.slice(from, from + headsPerLine) }, key);
    lines.push(line);
    end = endOf(line);
  }
  return lines;
};

type Held = Pick<VerifyReport, 'checkpoint' | 'faults'>;

/**
 * Holds every checkpoint of the file against the ledger: each head that was ever recorded must still be there. Reads
 * line by line, so memory does not grow with the file.
 */
export const verifyCheckpoints = async (
  file: CheckpointFile,
  reads: ReadRepository,
  keys: KeyRing,
): Promise<Held> => {
  const faults: VerifyReport['faults'] = [];
  const faulty = new Set<string>();
  let end: CheckpointEnd = firstCheckpoint;
  let at: string | null = null;
  let streams = 0;
  for await (const checkpoint of file.read()) {
    const broken = verifyCheckpoint(end, checkpoint, keys);
    if (broken !== null) {
      faults.push({
        streamId: 'checkpoints',
        seq: broken.number,
        kind: broken.kind,
        message: broken.message,
      });
      break;
    }
    for (let from = 0; from < checkpoint.heads.length; from += 1_000) {
      const heads = checkpoint.heads.slice(from, from + 1_000);
      const hashes = await reads.hashesAt(heads.map(([streamId, seq]) => ({ streamId, seq })));
      heads.forEach(([streamId, seq, hash], i) => {
        const fault = faultOfHead(streamId, { seq, hash }, hashes[i] ?? null);
        if (fault === null || faulty.has(streamId) || faults.length >= maxFaults) return;
        faulty.add(streamId);
        faults.push(fault);
      });
    }
    streams += checkpoint.heads.length;
    at = checkpoint.at;
    end = endOf(checkpoint);
  }
  return { checkpoint: at === null ? null : { at, streams }, faults };
};
