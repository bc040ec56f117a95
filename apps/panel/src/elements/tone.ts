import type {
  AttemptState,
  DeliveryState,
  JobPhase,
  LaneRound,
  Promotion,
  PromotionState,
  PullRequest,
  SessionState,
  StackState,
  TriggerState,
} from '@gatehouse/contracts';

/** What a state feels like to a reader: five tones, each with one colour and one shape. */
export type Tone = 'quiet' | 'live' | 'wait' | 'good' | 'bad';

export interface Look {
  readonly tone: Tone;
  readonly label: string;
}

const look = (tone: Tone, label: string): Look => ({ tone, label });

export const phaseLooks: Readonly<Record<JobPhase, Look>> = {
  pending: look('wait', 'Pending'),
  running: look('live', 'Running'),
  validating: look('live', 'Validating'),
  awaiting_approval: look('wait', 'Awaiting approval'),
  promoting: look('live', 'Promoting'),
  in_review: look('wait', 'In review'),
  suspended: look('bad', 'Suspended'),
  promoted: look('good', 'Promoted'),
  stored: look('good', 'Stored'),
  noop: look('quiet', 'Nothing to change'),
  refused: look('bad', 'Refused'),
  failed: look('bad', 'Failed'),
  errored: look('bad', 'Errored'),
  cancelled: look('quiet', 'Cancelled'),
};

const promotionLooks: Readonly<Record<PromotionState, Look>> = {
  pending: look('wait', 'In the queue'),
  awaiting_approval: look('wait', 'Awaiting approval'),
  running: look('live', 'Publishing'),
  succeeded: look('good', 'Published'),
  failed: look('bad', 'Failed'),
  errored: look('bad', 'Errored'),
  aborted: look('quiet', 'Aborted'),
  discarded: look('quiet', 'Superseded'),
};

/** A pull request: what people have made of it. */
export const pullLook = ({ state, draft }: Pick<PullRequest, 'state' | 'draft'>): Look =>
  state === 'merged'
    ? look('good', 'Merged')
    : state === 'closed'
      ? look('quiet', 'Closed')
      : look('wait', draft ? 'Draft, in review' : 'Ready, in review');

/** A promotion at level `patch` publishes nothing, so it must not be called published. */
export const promotionLook = ({ state, level }: Pick<Promotion, 'state' | 'level'>): Look =>
  state === 'succeeded' && level === 'patch' ? look('good', 'Stored') : promotionLooks[state];

/** A promotion in a list: once it is in a pull request, what people have made of that. */
export const standingLook = (promotion: Pick<Promotion, 'state' | 'level' | 'pullRequest'>): Look =>
  promotion.state === 'succeeded' && promotion.pullRequest !== null
    ? pullLook(promotion.pullRequest)
    : promotionLook(promotion);

export const attemptLooks: Readonly<Record<AttemptState, Look>> = {
  queued: look('wait', 'Queued'),
  leased: look('live', 'Setting up'),
  running: look('live', 'Running'),
  uploading: look('live', 'Uploading'),
  succeeded: look('good', 'Succeeded'),
  noop: look('quiet', 'Changed nothing'),
  failed: look('bad', 'Failed'),
  errored: look('bad', 'Errored'),
  cancelled: look('quiet', 'Cancelled'),
  fenced: look('bad', 'Lost its lease'),
};

export const sessionLooks: Readonly<Record<SessionState, Look>> = {
  created: look('wait', 'Created'),
  spawning: look('wait', 'Waiting for a worker'),
  running: look('live', 'Running'),
  idle: look('live', 'Idle'),
  waiting: look('wait', 'Waiting'),
  correcting: look('live', 'Correcting'),
  suspended: look('wait', 'Suspended'),
  terminating: look('wait', 'Terminating'),
  ended: look('quiet', 'Ended'),
};

export const candidateLooks = {
  judging: look('live', 'Being judged'),
  pass: look('good', 'Passed'),
  fail: look('bad', 'Refused'),
  error: look('bad', 'Could not be judged'),
  inconclusive: look('wait', 'Inconclusive'),
  noop: look('quiet', 'Nothing to change'),
} as const satisfies Record<string, Look>;

export const gateLooks = {
  pass: look('good', 'Pass'),
  fail: look('bad', 'Fail'),
  error: look('bad', 'Error'),
  inconclusive: look('wait', 'Inconclusive'),
} as const satisfies Record<string, Look>;

export const taskLooks = {
  pending: look('wait', 'Pending'),
  queued: look('wait', 'Queued'),
  running: look('live', 'Running'),
  done: look('good', 'Done'),
  dead: look('bad', 'Dead'),
} as const satisfies Record<string, Look>;

export const deliveryLooks = {
  received: look('live', 'Received'),
  handled: look('good', 'Handled'),
  ignored: look('quiet', 'Ignored'),
  failed: look('bad', 'Failed'),
} as const satisfies Record<DeliveryState, Look>;

export const stackLooks = {
  waiting: look('wait', 'Waits'),
  judging: look('live', 'Being judged'),
  passed: look('good', 'Passed'),
  dropped: look('bad', 'Dropped'),
} as const satisfies Record<StackState, Look>;

export const roundLooks = {
  judging: look('live', 'Being judged'),
  passed: look('good', 'All passed'),
  failed: look('bad', 'One was dropped'),
  void: look('quiet', 'Begun anew'),
} as const satisfies Record<LaneRound['state'], Look>;

export const triggerLooks = {
  active: look('good', 'Active'),
  paused: look('wait', 'Paused'),
  deleted: look('quiet', 'Deleted'),
} as const satisfies Record<TriggerState, Look>;

export const workerLooks = {
  registering: look('wait', 'Registering'),
  ready: look('good', 'Ready'),
  draining: look('wait', 'Draining'),
  cordoned: look('wait', 'Cordoned'),
  disconnected: look('bad', 'Disconnected'),
  down: look('quiet', 'Down'),
} as const satisfies Record<string, Look>;

export const checkLooks = {
  PASS: look('good', 'Pass'),
  WARN: look('wait', 'Warn'),
  FAIL: look('bad', 'Fail'),
} as const satisfies Record<string, Look>;
