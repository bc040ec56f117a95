import { GatehouseError, type ErrorCode } from '@gatehouse/contracts';
import type { ForgePull } from '@gatehouse/forge';
import type { Reason } from '@gatehouse/session';

/** What came of publishing. */
export type Published =
  | {
      readonly state: 'succeeded';
      readonly branch: string | null;
      readonly commit: string | null;
      readonly pull?: ForgePull;
      /** Why it reached the stored patch only; nothing was left at the repository. */
      readonly degradedBecause?: string;
    }
  | { readonly state: 'failed' | 'errored'; readonly reason: Reason }
  /** The target moved on: the change is brought onto its new head and judged again. */
  | { readonly state: 'discarded'; readonly reason: Reason };

/** A reason of content: trying again changes nothing. */
export const failed = (code: string, message: string): Published => ({
  state: 'failed',
  reason: { code, message },
});

/** Something technical, which may go away. */
export const errored = (code: string, message: string): Published => ({
  state: 'errored',
  reason: { code, message },
});

/** Never upwards: what cannot be a draft pull request is the stored patch (I11). */
export const degraded = (degradedBecause: string): Published => ({
  state: 'succeeded',
  branch: null,
  commit: null,
  degradedBecause,
});

/** The error of a task whose run errored. That others do not answer is passed on as such: then the task waits for them. */
export const retryable = ({ code, message }: Reason, cause?: unknown): GatehouseError =>
  new GatehouseError(codeOf(code, cause), `${message} (${code}). It is tried again after a pause.`, {
    cause,
    // As long as the forge asks us to leave it alone.
    ...(cause instanceof GatehouseError && cause.details && { details: cause.details }),
  });

const codeOf = (reason: string, cause: unknown): ErrorCode => {
  if (cause instanceof GatehouseError && cause.isAway) return cause.code;
  return reason === 'source.silent' ? 'git.unavailable' : 'git.failed';
};

/** The task of this run is over, whatever it still holds in its hands (I3). */
export const takenOver = ({ id }: { readonly id: string }): GatehouseError =>
  new GatehouseError('task.claim_lost', `Another run has taken over the lane of promotion ${id}.`);
