import {
  attemptStates,
  canMove,
  sessionStates,
  type AttemptState,
  type JobPhase,
  type PromotionState,
  type SessionOutcome,
  type SessionState,
} from '@gatehouse/contracts';

/** Who asks for something: an authenticated principal. */
export interface Caller {
  readonly id: string;
  readonly name: string;
}

export interface Reason {
  readonly code: string;
  readonly message: string;
}

export const mayMoveSession = (from: SessionState, to: SessionState): boolean =>
  canMove(sessionStates, from, to);

export const mayMoveAttempt = (from: AttemptState, to: AttemptState): boolean =>
  canMove(attemptStates, from, to);

/** What a job's phase is derived from: rows, never a stored phase. */
export interface PhaseFacts {
  readonly state: SessionState;
  readonly outcome: SessionOutcome | null;
  /** Its last attempt of an agent came to its end and handed something in. */
  readonly handedIn: boolean;
  readonly promotion: PromotionState | null;
  readonly promotedLevel: string | null;
  /** Its pull request is with people. */
  readonly isPullOpen: boolean;
}

const ended = ({ outcome, handedIn, promotion, promotedLevel }: PhaseFacts): JobPhase => {
  if (outcome === 'cancelled' || outcome === 'errored' || outcome === 'noop') return outcome;
  if (outcome === 'succeeded')
    return promotion === 'succeeded' && promotedLevel !== 'patch' ? 'promoted' : 'stored';
  // What was handed in and leads nowhere was refused: by a gate, by a person or by the lane.
  return handedIn ? 'refused' : 'failed';
};

export const phaseOf = (facts: PhaseFacts): JobPhase => {
  if (facts.state === 'ended') return ended(facts);
  if (facts.state === 'suspended') return 'suspended';
  if (facts.state === 'created' || facts.state === 'spawning') return 'pending';
  if (facts.promotion === 'awaiting_approval') return 'awaiting_approval';
  // What was published as a draft pull request lives until people are done with it.
  const { promotion } = facts;
  const isOver = promotion === 'succeeded' || promotion === 'failed' || promotion === 'aborted';
  if (facts.isPullOpen && isOver) {
    if (facts.state === 'idle') return 'in_review';
  }
  // A promotion that is over still has its session to end.
  else if (promotion !== null && promotion !== 'discarded') return 'promoting';
  return facts.state === 'idle' ? 'validating' : 'running';
};
