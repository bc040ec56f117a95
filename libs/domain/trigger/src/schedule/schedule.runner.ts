import {
  GatehouseError,
  installationStream,
  JobSpec,
  type Job,
  type Principal,
  type Schedule,
  type ScheduleRun,
} from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { RuleService, SubmitService, type Prepared } from '@gatehouse/orchestration';
import { AccessService, mayDo } from '@gatehouse/policy';
import { Injectable } from '@nestjs/common';
import { SchedulesRepository, type NewRun } from './schedule.repository.js';
import { mustBeAllowed, mustBeLive, recordChange } from './schedule.service.js';
import { mostCounted, nextDue, overdue } from './schedule.js';

/** Label of every job that a schedule makes. */
export const scheduleLabel = 'gatehouse.schedule';
const batch = 20;
/** A time is missed once it is over for so long; an engine that starts again takes less. */
const missedAfterMs = 60_000;
/** How long a schedule rests whose firing met an outage. */
const restMs = 30_000;

type Reason = NonNullable<ScheduleRun['reason']>;
/** The due times that one run stands for. */
type Due = Pick<ScheduleRun, 'dueAt' | 'times' | 'lastDueAt' | 'triggeredBy'>;

/** What is known before the transaction: reading the repository may take its time. */
export interface Ready {
  readonly seen: Schedule;
  readonly job: Prepared | Reason;
}

/** Makes the job of each due time: exactly one, whatever is killed, since run and job are one transaction. */
@Injectable()
export class ScheduleRunner {
  readonly #resting = new Map<string, number>();

  constructor(
    private readonly rows: SchedulesRepository,
    private readonly access: AccessService,
    private readonly submits: SubmitService,
    private readonly rules: RuleService,
    private readonly changes: Changes,
  ) {}

  /** Runs whatever is due by the database clock. One statement where nothing is. */
  async tick(onError: (error: unknown, scheduleId: string) => void): Promise<void> {
    for (const [id, until] of this.#resting) if (until < Date.now()) this.#resting.delete(id);
    const done = new Set(this.#resting.keys());
    for (;;) {
      const due = await this.rows.due(batch, [...done]);
      for (const id of due) {
        done.add(id);
        try {
          await this.fire(id);
        } catch (error) {
          this.#resting.set(id, Date.now() + restMs);
          onError(error, id);
        }
      }
      if (due.length < batch) return;
    }
  }

  /** Beside its due times, at a person's word. Throws `schedule.state_conflict`, `auth.forbidden`. */
  async ready(caller: Principal, id: string): Promise<Ready> {
    const seen = await this.rows.find(id);
    mustBeAllowed(seen, caller, false);
    mustBeLive(seen);
    return this.readied(seen);
  }

  async trigger(change: Change, caller: Principal, ready: Ready): Promise<ScheduleRun> {
    const schedule = await this.rows.lock(ready.seen.id, change.manager);
    mustBeLive(schedule);
    if (schedule.version !== ready.seen.version)
      throw new GatehouseError('schedule.version_conflict', 'The schedule was changed meanwhile. Try again.');
    const now = (await this.rows.now(change.manager)).toISOString();
    const due = { dueAt: now, lastDueAt: now, times: 1, triggeredBy: caller.id };
    if (await this.rows.hasRun(change.manager, schedule.id, now))
      throw new GatehouseError('schedule.state_conflict', 'It has just run. Try again.');
    return this.run(change, schedule, ready, due);
  }

  private async readied(seen: Schedule): Promise<Ready> {
    try {
      return { seen, job: await this.submits.prepare(jobOf(seen)) };
    } catch (error) {
      // What the repository or the spec is wrong with is an answer; an outage is tried again.
      if (error instanceof GatehouseError && error.fault === 'caller')
        return { seen, job: { code: error.code, message: error.message } };
      throw error;
    }
  }

  private async fire(id: string): Promise<void> {
    const ready = await this.readied(await this.rows.find(id));
    await this.changes.run(async (change) => {
      const schedule = await this.rows.lockDue(id, change.manager);
      // Somebody else is at it, or wrote it anew since: the next tick looks again.
      if (schedule?.version !== ready.seen.version || schedule.nextDue === null) return;
      const now = await this.rows.now(change.manager);
      const { dueAt, missed, lastMissed } = overdue(schedule.when, new Date(schedule.nextDue), now);
      const isLate = now.getTime() - dueAt.getTime() > missedAfterMs;
      const leavesOut = schedule.catchUp === 'skip' && isLate;
      const times = missed + (leavesOut ? 1 : 0);
      if (times > 0 && !(await this.rows.hasRun(change.manager, id, schedule.nextDue)))
        await this.note(change, schedule, missedReason(times, leavesOut), {
          dueAt: schedule.nextDue,
          lastDueAt: (leavesOut ? dueAt : lastMissed)!.toISOString(),
          times,
          triggeredBy: null,
        });
      const at = dueAt.toISOString();
      const runs = !leavesOut && !(await this.rows.hasRun(change.manager, id, at));
      const due = { dueAt: at, lastDueAt: at, times: 1, triggeredBy: null };
      const run = runs ? await this.run(change, schedule, ready, due) : undefined;
      if (run?.reason?.code === creatorCode)
        await this.move(change, schedule, { state: 'paused', reason: run.reason.message, nextDue: null });
      else await this.advance(change, schedule, now);
    });
  }

  private async advance(change: Change, schedule: Schedule, now: Date): Promise<void> {
    const next = nextDue(schedule.when, now);
    if (next === undefined)
      await this.move(change, schedule, { state: 'ended', reason: 'Its only time has come.', nextDue: null });
    else {
      const to = { state: schedule.state, reason: schedule.reason, nextDue: next.toISOString() };
      await this.rows.advance(change.manager, schedule.id, to);
    }
  }

  private async move(
    change: Change,
    schedule: Schedule,
    to: Pick<Schedule, 'state' | 'reason' | 'nextDue'>,
  ): Promise<void> {
    await this.rows.advance(change.manager, schedule.id, to);
    recordChange(change, schedule, { ...schedule, ...to }, 'engine');
  }

  /** One run, and its job with it where nothing speaks against. */
  private async run(change: Change, schedule: Schedule, { job }: Ready, due: Due): Promise<ScheduleRun> {
    const creator = await this.access.principal(schedule.createdBy.id, change.manager);
    const nobody = creatorFault(creator);
    if (nobody !== undefined) return this.note(change, schedule, nobody, due, 'refused');
    const live =
      schedule.overlap === 'skip' ? await this.rows.liveJob(change.manager, schedule.id) : undefined;
    if ('code' in job) return this.note(change, schedule, job, due, 'refused');
    if (live !== undefined) return this.note(change, schedule, overlapReason(live), due);
    let accepted: Job;
    try {
      accepted = await this.submits.accept(change, creator, job);
    } catch (error) {
      // Thrown before anything was written; whatever else it may be ends the transaction.
      if (!(error instanceof GatehouseError) || error.code !== 'policy.denied') throw error;
      await this.rules.noteRefusal(change, creator, job);
      return this.note(change, schedule, { code: error.code, message: error.message }, due, 'refused');
    }
    return this.keep(
      change,
      schedule,
      { ...due, scheduleId: schedule.id, state: 'submitted', jobId: accepted.id, reason: null },
      accepted.sessionId,
    );
  }

  private note(
    change: Change,
    schedule: Schedule,
    reason: Reason,
    due: Due,
    state: 'refused' | 'skipped' = 'skipped',
  ): Promise<ScheduleRun> {
    const run = { ...due, scheduleId: schedule.id, state, jobId: null, reason } as const;
    return this.keep(change, schedule, run, installationStream);
  }

  private async keep(
    change: Change,
    { id, name }: Schedule,
    run: NewRun,
    streamId: string,
  ): Promise<ScheduleRun> {
    const kept = await this.rows.insertRun(change.manager, run);
    const { dueAt, times, state, jobId, reason, triggeredBy } = kept;
    change.record({
      streamId,
      type: 'schedule.ran',
      actor: triggeredBy ?? 'engine',
      payload: {
        ...{ scheduleId: id, name, runId: kept.id, dueAt, times, state, jobId },
        ...(reason && { reason }),
      },
    });
    return kept;
  }
}

/** Read anew: it may have been stored by an older version. Throws `request.invalid`. */
const jobOf = (schedule: Schedule): JobSpec => {
  const read = JobSpec.safeParse(schedule.job);
  if (!read.success) {
    const [issue] = read.error.issues;
    const message = `job.${issue?.path.join('.')}: ${issue?.message}. Store the schedule anew.`;
    throw new GatehouseError('request.invalid', message);
  }
  const { metadata } = read.data;
  const labels = { ...metadata.labels, [scheduleLabel]: schedule.id };
  return { ...read.data, metadata: { ...metadata, labels } };
};

const creatorCode = 'schedule.creator';

/** Why nobody could ask for the job; it would stay so, and the schedule is paused. */
const creatorFault = (creator: Principal): Reason | undefined => {
  const { name, disabled } = creator;
  if (disabled)
    return {
      code: creatorCode,
      message: `${name}, who made the schedule, is disabled. Enable the principal and resume, or store it as another one.`,
    };
  const { allowed, reason } = mayDo(creator, 'jobs:create');
  return allowed ? undefined : { code: creatorCode, message: reason };
};

const missedReason = (times: number, leavesOut: boolean): Reason => {
  const many =
    times >= mostCounted ? `At least ${times} due times` : times === 1 ? 'A due time' : `${times} due times`;
  return {
    code: 'schedule.missed',
    message: `${many} went by while no engine ran; ${leavesOut ? 'catchUp is skip, so none is run' : 'only the newest is run'}.`,
  };
};

const overlapReason = (jobId: string): Reason => ({
  code: 'schedule.overlap',
  message: `The job of the run before, ${jobId}, has not ended. Cancel it, or set overlap to allow.`,
});
