import { GatehouseError, type VerifyReport } from '@gatehouse/contracts';
import { ChainVerifier, genesis, type ChainReport, type Head, type KeyRing } from '@gatehouse/proof';
import type { Place, ReadRepository, StreamEnd } from './read.repository.js';

type Fault = VerifyReport['faults'][number];

const pageSize = 1_000;
/** One fault is enough to act on; a hundred show its extent. */
const maxFaults = 100;

interface Sum {
  streams: number;
  events: number;
  readonly faults: Fault[];
}

const toFault = (streamId: string, report: ChainReport): Fault[] =>
  report.fault === null
    ? []
    : [{ streamId, seq: report.fault.seq, kind: report.fault.kind, message: report.fault.message }];

const deleted = (streamId: string): Fault => ({
  streamId,
  seq: null,
  kind: 'deleted',
  message: `The head of ${streamId} is gone, its events are still there.`,
});

/** Reads the ledger as an auditor does: page by page, trusting nothing, with memory that does not grow with it. */
export class Verification {
  constructor(
    private readonly reads: ReadRepository,
    private readonly keys: KeyRing,
  ) {}

  /** Verifies one stream up to its head of this moment. Throws `stream.not_found`. */
  async stream(streamId: string): Promise<VerifyReport> {
    const { report, faults } = await this.whole(streamId);
    return { ok: faults.length === 0, streams: 1, events: report.events, checkpoint: null, faults };
  }

  /** Verifies every stream in one pass over the events in stream order; appends may go on meanwhile. */
  async everything(): Promise<VerifyReport> {
    const sum: Sum = { streams: 0, events: 0, faults: [] };
    const heads = this.heads();
    let head = (await heads.next()).value as StreamEnd | undefined;
    for await (const found of this.runs()) {
      // Heads before this stream have no events at all.
      while (head !== undefined && head.streamId < found.streamId) {
        await this.close(sum, head, null);
        head = (await heads.next()).value as StreamEnd | undefined;
      }
      const own = head?.streamId === found.streamId ? head : undefined;
      await this.close(sum, own ?? { ...genesis, streamId: found.streamId }, found.verifier);
      if (own !== undefined) head = (await heads.next()).value as StreamEnd | undefined;
      if (sum.faults.length >= maxFaults) break;
    }
    while (head !== undefined && sum.faults.length < maxFaults) {
      await this.close(sum, head, null);
      head = (await heads.next()).value as StreamEnd | undefined;
    }
    return { ok: sum.faults.length === 0, ...sum, checkpoint: null };
  }

  private async close(sum: Sum, head: StreamEnd, verifier: ChainVerifier | null): Promise<void> {
    sum.streams += 1;
    const report = (verifier ?? new ChainVerifier()).finish(head);
    if (report.fault === null) {
      sum.events += report.events;
      return;
    }
    // It may only have been appended to between the reading of its head and of its events: look at it alone.
    const again = await this.whole(head.streamId);
    sum.events += again.report.events;
    sum.faults.push(...again.faults);
  }

  private async whole(streamId: string): Promise<{ report: ChainReport; faults: Fault[] }> {
    const { head, lastSeq } = await this.reads.ends(streamId);
    if (head === null && lastSeq === null)
      throw new GatehouseError('stream.not_found', `There is no ledger stream ${streamId}.`);
    const verifier = new ChainVerifier({ keys: this.keys });
    const upTo = Math.max(head?.seq ?? 0, lastSeq ?? 0);
    for (let after = 0; after < upTo;) {
      const page = await this.reads.page(streamId, after, Math.min(pageSize, upTo - after));
      const fault = page.reduce<unknown>((found, entry) => found ?? verifier.push(entry), null);
      if (fault !== null || page.length === 0) break;
      after = page.at(-1)!.seq;
    }
    const report = verifier.finish(head ?? undefined);
    const faults = toFault(streamId, report);
    if (head === null) faults.push(deleted(streamId));
    return { report, faults };
  }

  /** The heads in stream order. */
  private async *heads(): AsyncGenerator<StreamEnd> {
    for (let after = ''; ;) {
      const page = await this.reads.headsAfter(after, pageSize);
      yield* page;
      if (page.length < pageSize) return;
      after = page.at(-1)!.streamId;
    }
  }

  /** Each stream's events, pushed through a verifier of its own. */
  private async *runs(): AsyncGenerator<{ streamId: string; verifier: ChainVerifier }> {
    let place: Place = { streamId: '', seq: 0 };
    let current: { streamId: string; verifier: ChainVerifier } | undefined;
    for (;;) {
      const page = await this.reads.allAfter(place, pageSize);
      for (const entry of page) {
        if (current?.streamId !== entry.stream_id) {
          if (current !== undefined) yield current;
          current = { streamId: entry.stream_id, verifier: new ChainVerifier({ keys: this.keys }) };
        }
        current.verifier.push(entry);
      }
      if (page.length < pageSize) break;
      place = { streamId: page.at(-1)!.stream_id, seq: page.at(-1)!.seq };
    }
    if (current !== undefined) yield current;
  }
}

/** A head that must still be in the ledger, as a checkpoint recorded it. */
export const faultOfHead = (streamId: string, recorded: Head, hash: string | null): Fault | null => {
  if (hash === recorded.hash) return null;
  return {
    streamId,
    seq: recorded.seq,
    kind: hash === null ? 'cut_tail' : 'head_mismatch',
    message:
      hash === null
        ? `Event ${recorded.seq} was there when a checkpoint was signed, and is gone: the stream was cut or deleted.`
        : `Event ${recorded.seq} is not the one that a signed checkpoint names: the stream was rewritten.`,
  };
};
