import { GatehouseError, type EventQuery, type LedgerEvent, type VerifyReport } from '@gatehouse/contracts';
import { NotifyHub } from '@gatehouse/database';
import { signTombstone, type ChainEntry } from '@gatehouse/proof';
import { afterCommit, type Transaction } from '@gatehouse/tasks';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { verifyCheckpoints } from './head-checkpointer.js';
import { GroupCommit } from './group-commit.js';
import { GroupCommitRepository } from './group-commit.repository.js';
import type { AppendedEvent, NewEvent } from './ledger.js';
import { LedgerKeys, ledgerOptions, type LedgerOptions } from './ledger.options.js';
import { LedgerRepository } from './ledger.repository.js';
import { hintOf, ledgerChannel, LedgerTail, type LedgerTailOptions } from './ledger-tail.js';
import { entriesOf } from './proof.entries.js';
import { ReadRepository, toEvent } from './read.repository.js';
import { RetentionRepository } from './retention.repository.js';
import { appendInTransaction } from './transaction-append.js';
import { Verification } from './verification.js';

/** Readers in this process are woken at once; for those in others one NOTIFY an event would cost as much as its append. */
const hintPauseMs = 20;

/** The one door to the ledger: two ways in, one rule; pages, live readers, proof. */
@Injectable()
export class LedgerService implements OnModuleDestroy {
  readonly #group: GroupCommit;
  readonly #tails = new Set<LedgerTail>();

  constructor(
    private readonly repository: LedgerRepository,
    groupCommit: GroupCommitRepository,
    private readonly reads: ReadRepository,
    private readonly retention: RetentionRepository,
    private readonly hub: NotifyHub,
    private readonly keys: LedgerKeys,
    @Inject(ledgerOptions) private readonly options: LedgerOptions,
  ) {
    this.#group = new GroupCommit(groupCommit, {
      ...options.groupCommit,
      onCommit: (streamIds) => this.announce(streamIds),
    });
  }

  /**
   * Way 1: events of a state change, within its transaction. Locks the heads of their streams, in stream order, until
   * that ends: append last, so that they are held briefly. Throws `request.invalid`, `request.too_large`,
   * `lease.fenced`, `idempotency.mismatch`.
   */
  async appendInTransaction(manager: Transaction, events: readonly NewEvent[]): Promise<AppendedEvent[]> {
    const appended = await appendInTransaction(this.repository, manager, events);
    for (const { streamId, duplicate } of appended)
      if (!duplicate) afterCommit(manager, `ledger:${streamId}`, () => this.announce([streamId]));
    return appended;
  }

  /** Way 2: one event of many, durable when this settles; see `GroupCommit.append` for what it throws. */
  append(event: NewEvent): Promise<AppendedEvent> {
    return this.#group.append(event);
  }

  /**
   * From the commit of this transaction on, no event with a lower lease generation enters the stream, by either way:
   * what had not been acknowledged by then is refused with `lease.fenced`.
   */
  async raiseFence(manager: Transaction, streamId: string, generation: number): Promise<void> {
    await this.repository.raiseFence(manager, streamId, generation);
  }

  /** Events after a seq, oldest first. Throws `stream.not_found`. */
  async readPage(
    streamId: string,
    { after, limit }: EventQuery,
  ): Promise<{ items: LedgerEvent[]; next: number }> {
    const items = (await this.reads.page(streamId, after, limit)).map(toEvent);
    if (items.length === 0 && (await this.reads.ends(streamId)).head === null)
      throw new GatehouseError('stream.not_found', `There is no ledger stream ${streamId}.`);
    return { items, next: items.at(-1)?.seq ?? after };
  }

  /** A stream as it was hashed, from after a seq to its end as it is now; for proofs that travel. */
  entries(streamId: string, after = 0): Promise<ChainEntry[]> {
    return entriesOf(this.reads, streamId, after);
  }

  /** Live readers that share one wire format; one per process and format. */
  tail(options: LedgerTailOptions): LedgerTail {
    const tail = new LedgerTail(this.reads, this.hub, options);
    this.#tails.add(tail);
    return tail;
  }

  /** Verifies one stream. Throws `stream.not_found`. */
  async verifyStream(streamId: string): Promise<VerifyReport> {
    return new Verification(this.reads, await this.keys.ring()).stream(streamId);
  }

  /** Verifies all streams and their heads, then holds the checkpoints outside the database against them. */
  async verifyInstallation(): Promise<VerifyReport> {
    const keys = await this.keys.ring();
    const report = await new Verification(this.reads, keys).everything();
    const held = await verifyCheckpoints(this.keys.file, this.reads, keys);
    const faults = [...report.faults, ...held.faults];
    return { ...report, checkpoint: held.checkpoint, faults, ok: faults.length === 0 };
  }

  /**
   * Erases one payload and leaves a signed tombstone; the event and its digest stay. Answers false where there is
   * none to erase. Only a process that holds the signing key can do so.
   */
  async erasePayload(streamId: string, seq: number, reason: string): Promise<boolean> {
    const found = await this.retention.erasable(streamId, seq);
    if (found === undefined) return false;
    const stone = {
      stream_id: streamId,
      seq,
      payload_sha256: found.payloadSha256,
      erased_at: found.now,
      reason,
    };
    await this.retention.erase(signTombstone(stone, await this.keys.signingKey()));
    return true;
  }

  async onModuleDestroy(): Promise<void> {
    for (const tail of this.#tails) tail.close();
    await this.#group.close();
  }

  private announce(streamIds: readonly string[]): void {
    for (const tail of this.#tails) tail.wake(streamIds);
    for (const streamId of streamIds)
      this.hub.notify(ledgerChannel, hintOf(streamId), { withinMs: hintPauseMs });
    this.options.onCommit?.(streamIds);
  }
}
