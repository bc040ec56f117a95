import { GatehouseError, taskQueues, type TaskPayload, type TaskType } from '@gatehouse/contracts';

/** Tries before a task is dead, unless its enqueuer says otherwise: some 24 minutes of back-off. */
export const defaultMaxAttempts = 20;
const firstPauseMs = 1_000;
const longestPauseMs = 100_000;
/** So long is waited for others who do not answer: from Friday evening to Monday morning, and some more. */
const longestOutageMs = 3 * 86_400_000;
const longestOutagePauseMs = 600_000;
const payloadLimit = 256 * 1024;
const errorLimit = 2_000;

export type PayloadOf<T extends string> = T extends TaskType
  ? TaskPayload<T>
  : Readonly<Record<string, unknown>>;

/** A task to be. `type` names its handler; contracts know the payload of each type and the process that runs it. */
export interface NewTask<T extends string = TaskType> {
  readonly type: T;
  readonly payload: PayloadOf<T>;
  /**
   * While a task with this key waits, another is not made: the waiting one stands for both. A running task takes
   * nothing over, since it may have read the state already.
   */
  readonly dedupeKey?: string;
  readonly runAt?: Date;
  readonly maxAttempts?: number;
  /** Process that runs it; by default the one that contracts name for the type. */
  readonly queue?: string;
}

export const queueOf = (task: NewTask<string>): string => {
  const queue = task.queue ?? (taskQueues as Readonly<Record<string, string>>)[task.type];
  if (queue !== undefined) return queue;
  throw new GatehouseError(
    'internal.unexpected',
    `No process runs tasks of type ${task.type}. Name its queue.`,
  );
};

export const payloadText = (task: NewTask<string>): string => {
  const text = JSON.stringify(task.payload);
  if (text !== undefined && Buffer.byteLength(text) <= payloadLimit) return text;
  throw new GatehouseError(
    'request.too_large',
    `The payload of a ${task.type} task has more than ${payloadLimit} bytes. Store it and refer to it by id.`,
  );
};

/** What is to become of a task whose handler threw. */
export type Verdict = 'retry' | 'dead';

/** What a task is by now; `outageMs`: for how long it has met nobody who answers, 0 where its last try met somebody. */
export interface Tried {
  readonly attempts: number;
  readonly maxAttempts: number;
  readonly outageMs: number;
}

/** Others do not answer at all. Such a try does not count: it says nothing about the task. */
export const isAway = (error: unknown): boolean => error instanceof GatehouseError && error.isAway;

/**
 * `caller` and `bug` are dead at once: the same payload cannot fare better. Conflicts and outages are retried, since
 * a handler reads the state anew each time; so is every error that is not ours, since it may be either.
 */
export const verdictOn = (error: unknown, { attempts, maxAttempts, outageMs }: Tried): Verdict => {
  if (isAway(error)) return outageMs < longestOutageMs ? 'retry' : 'dead';
  const hopeless = error instanceof GatehouseError && (error.fault === 'caller' || error.fault === 'bug');
  return hopeless || attempts >= maxAttempts ? 'dead' : 'retry';
};

type Random = () => number;
const halfRandom = (full: number, random: Random): number => Math.round(full * (0.5 + random() / 2));

/** Pause before the next try: 1 s × 2 per attempt, at most 100 s, of which the last half is random. */
export const pauseAfter = (attempts: number, random: Random = Math.random): number =>
  halfRandom(Math.min(firstPauseMs * 2 ** Math.max(attempts - 1, 0), longestPauseMs), random);

/** Pause in an outage: as long as it has lasted, at least 1 s and at most 10 minutes, the last half random. */
export const pauseInOutage = (outageMs: number, random: Random = Math.random): number =>
  halfRandom(Math.min(Math.max(outageMs, firstPauseMs), longestOutagePauseMs), random);

/** A pause longer than this is nobody's to ask for. */
const longestAskedMs = 3_600_000;

/** Pause before the next try of what threw: as above, and as long as the error asks for by `retryAfterMs`. */
export const pauseFor = (
  error: unknown,
  { attempts, outageMs }: Pick<Tried, 'attempts' | 'outageMs'>,
  random?: Random,
): number => {
  const asked = error instanceof GatehouseError ? Number(error.details?.['retryAfterMs']) : 0;
  const own = isAway(error) ? pauseInOutage(outageMs, random) : pauseAfter(attempts, random);
  return asked > own ? Math.ceil(Math.min(asked, longestAskedMs)) : own;
};

/** The one line that is kept of an error: its code and message, no stack (it may name paths). */
export const describeError = (error: unknown): string => {
  const text =
    error instanceof GatehouseError
      ? `${error.code}: ${error.message}`
      : error instanceof Error
        ? `${error.name}: ${error.message}`
        : String(error);
  return text.replaceAll('\u0000', '').slice(0, errorLimit);
};
