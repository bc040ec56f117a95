import type { GateResult, Repair } from '@gatehouse/contracts';
import type { TreeShape } from './shape.js';

/** Answers that depend on content alone, by `staticKey`. */
export interface AnswerCache {
  cached(key: string): Promise<readonly GateResult[] | undefined>;
  /** By `repairKey`; undefined where nobody looked for it before, null where leaving out files does not help. */
  repair(key: string): Promise<Repair | null | undefined>;
}

/** What a judgement found out that the next one on the same content need not. It is kept with what is decided on it. */
export interface Learnt {
  /** Null where it was known. */
  readonly content: {
    readonly baseTree: string;
    readonly tree: string;
    readonly shape: TreeShape;
    /** By `staticKey`; null where they may be others the next time. */
    readonly answers: { readonly key: string; readonly results: readonly GateResult[] } | null;
  } | null;
  /** By `repairKey`. */
  readonly repair: { readonly key: string; readonly repair: Repair | null } | null;
}
