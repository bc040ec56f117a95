import type { DeliveryOutcome } from '@gatehouse/contracts';
import type { ForgeRepo } from '@gatehouse/forge';
import type { Change } from '@gatehouse/ledger';
import type { RepositoryEntity } from '@gatehouse/session';
import { ignoredReasons, type IgnoredReason } from './intent.js';
import type { Actor } from './webhook/payload.js';

/** A registered repository and what the forge calls it now. */
export interface Place {
  readonly row: RepositoryEntity;
  readonly repo: ForgeRepo;
}

/** Whether two names are those of one repository: a forge takes them in any case. */
export const isSameRepo = (a: ForgeRepo, b: ForgeRepo): boolean =>
  a.owner.toLowerCase() === b.owner.toLowerCase() && a.name.toLowerCase() === b.name.toLowerCase();

/** One comment of ours; `marker` says which, so that a repetition edits it. */
export interface Reply {
  readonly number: number;
  readonly marker: string;
  readonly body: string;
}

export interface Result {
  readonly state: 'handled' | 'ignored' | 'failed';
  readonly outcome: DeliveryOutcome;
  readonly reply?: Reply;
}

/**
 * What handling a delivery comes to. All that is only read has been read; what is written is written by `apply`, in
 * the transaction that settles the delivery, and a dry run leaves it out.
 */
export interface Plan extends Result {
  /** What came of it, where that shows only now. */
  apply?(change: Change): Promise<Result | undefined>;
  /** Runs where `apply` was refused, in the transaction that notes the refusal. */
  refused?(change: Change): Promise<void>;
}

/** Whose wish a delivery carries, and in which one. */
export interface Asking {
  readonly deliveryId: string;
  /** Null of a dry run, which nobody need have sent. */
  readonly receivedAt: Date | null;
  readonly place: Place;
  readonly actor: Actor;
}

export const handled = (what: string, reason: string, more: Partial<DeliveryOutcome> = {}): Result => ({
  state: 'handled',
  outcome: { what, reason, ...more },
});

export const ignored = (because: IgnoredReason, more: Partial<DeliveryOutcome> = {}): Result => ({
  state: 'ignored',
  outcome: { what: 'ignored', reason: `${ignoredReasons[because]}.`, ...more },
});

export const failedResult = (reason: string): Result => ({
  state: 'failed',
  outcome: { what: 'failed', reason },
});

/** Somebody who may ask was told no. */
export const refusal = (reason: string, reply?: Reply): Result => ({
  state: 'handled',
  outcome: { what: 'refused', reason },
  ...(reply && { reply }),
});
