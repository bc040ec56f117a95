import type { Reason } from '@gatehouse/session';
import type { Stacked } from './lane.bisect.js';
import type { PromotionEntity } from '../promotion.entity.js';

/** Why a promotion of a speculative lane waits: nobody has judged it on top of those before it. */
export const unstacked = 'promotion.unstacked';

export type InLane = Pick<PromotionEntity, 'repositoryId' | 'target'>;

/** One stack that was judged, by its length. */
export interface Probe {
  readonly position: number;
  readonly outcome: 'judging' | 'pass' | 'fail' | 'inconclusive';
  /** Null where its own verdict says it already. */
  readonly attemptId: string | null;
  /** One sentence for people. */
  readonly why: string;
}

export interface LaneRoundRow extends InLane {
  readonly id: string;
  readonly number: number;
  /** Commit. */
  readonly head: string;
  /** Promotions that the stack stands on, lowest first. */
  readonly before: string[];
  readonly largest: number;
  readonly windowBefore: number;
  readonly state: 'judging' | 'passed' | 'failed' | 'void';
  /** Why the last of its checks does not go on top of those before it. */
  readonly refused: Reason | null;
  /** In the order in which they were judged; the latest of a position counts. */
  readonly probes: Probe[];
}

/** What a round says of one promotion. */
export interface LaneCheck extends Stacked {
  readonly roundId: string;
  readonly position: number;
  readonly candidateId: string;
  readonly policyDigest: string;
  readonly head: string;
  readonly onto: string;
  readonly tree: string;
  readonly state: 'waiting' | 'passed' | 'dropped' | 'void';
  readonly reasonCode: string | null;
  readonly reasonMessage: string | null;
}

export type NewRound = Omit<LaneRoundRow, 'number' | 'state' | 'probes'>;
export type NewCheck = Pick<
  LaneCheck,
  'position' | 'promotionId' | 'candidateId' | 'policyDigest' | 'before' | 'onto' | 'tree'
>;
