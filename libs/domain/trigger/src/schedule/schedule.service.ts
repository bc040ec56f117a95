import {
  GatehouseError,
  installationStream,
  isTerminal,
  scheduleStates,
  type ChangeSchedule,
  type CreateSchedule,
  type JobSpec,
  type Principal,
  type Problem,
  type Schedule,
  type ScheduleTimes,
} from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { RuleService, SubmitService, type Prepared } from '@gatehouse/orchestration';
import { mayDo } from '@gatehouse/policy';
import { digestOf } from '@gatehouse/proof';
import { Injectable } from '@nestjs/common';
import { SchedulesRepository, type ScheduleWords } from './schedule.repository.js';
import { nextDue, nextDues, settled } from './schedule.js';

/** Farther off, a slip of the year is likelier than a wish. */
const farthestMs = 10 * 366 * 86_400_000;

/** As many of the next due times as show whether the times are those that were meant. */
const previewed = 3;

/** What people do with schedules. What a schedule does is the runner's. */
@Injectable()
export class ScheduleService {
  constructor(
    readonly rows: SchedulesRepository,
    private readonly submits: SubmitService,
    private readonly rules: RuleService,
    private readonly changes: Changes,
  ) {}

  /**
   * Holds job and times against repository, policy and clock, before anything is written. Throws what is wrong with
   * them here and now, at its place: `request.invalid`, `repository.not_found`, `policy.denied`, …
   */
  async check(caller: Principal, given: { job?: JobSpec; when?: ScheduleTimes }): Promise<void> {
    if (given.when !== undefined) this.firstDue(given.when, await this.rows.now());
    if (given.job === undefined) return;
    let prepared: Prepared | undefined;
    try {
      prepared = await this.submits.prepare(given.job);
      await this.submits.policyFor(caller, prepared);
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      const asked = prepared;
      if (error.code === 'policy.denied' && asked !== undefined)
        await this.changes.run((change) => this.rules.noteRefusal(change, caller, asked));
      throw withinJob(error);
    }
  }

  /** When it would be due if it were stored now. Throws as `check` does, and writes nothing. */
  async preview(caller: Principal, { job, when }: CreateSchedule): Promise<{ due: string[] }> {
    const now = await this.rows.now();
    this.firstDue(when, now);
    try {
      await this.submits.policyFor(caller, await this.submits.prepare(job));
    } catch (error) {
      throw error instanceof GatehouseError ? withinJob(error) : error;
    }
    return { due: nextDues(settled(when, now), now, previewed).map((due) => due.toISOString()) };
  }

  /** Stores what was checked. */
  async create(change: Change, caller: Principal, given: CreateSchedule): Promise<Schedule> {
    const now = await this.rows.now(change.manager);
    const when = settled(given.when, now);
    const due = this.firstDue(when, now);
    const words = { ...given, when, state: 'active', reason: null, nextDue: due.toISOString() } as const;
    const stored = await this.rows.insert(change.manager, words, caller.id);
    change.record({
      streamId: installationStream,
      type: 'schedule.created',
      actor: caller.id,
      payload: {
        scheduleId: stored.id,
        name: stored.name,
        repository: stored.repository,
        digest: digestOfWords(stored),
      },
    });
    return stored;
  }

  /** Throws `schedule.version_conflict`, `schedule.state_conflict`, `auth.forbidden`, `request.invalid`. */
  async change(change: Change, caller: Principal, id: string, given: ChangeSchedule): Promise<Schedule> {
    const { version, state = undefined, reason, ...asked } = given;
    const before = await this.rows.lock(id, change.manager);
    const rewrites = Object.values(asked).some((value) => value !== undefined);
    mustBeAllowed(before, caller, rewrites);
    mustBeLive(before);
    if (before.version !== version)
      throw new GatehouseError(
        'schedule.version_conflict',
        `The schedule is at version ${before.version}, not ${version}. Read it again and decide anew.`,
      );
    const now = await this.rows.now(change.manager);
    const after = state ?? before.state;
    const when = asked.when === undefined ? before.when : settled(asked.when, now);
    const starts = after === 'active' && (before.state !== 'active' || asked.when !== undefined);
    const words: ScheduleWords = {
      name: asked.name ?? before.name,
      job: asked.job ?? before.job,
      when,
      catchUp: asked.catchUp ?? before.catchUp,
      overlap: asked.overlap ?? before.overlap,
      state: after,
      reason:
        after === 'active'
          ? null
          : (reason ?? (before.state === 'paused' ? before.reason : 'Paused on request.')),
      nextDue: after !== 'active' ? null : starts ? this.firstDue(when, now).toISOString() : before.nextDue,
    };
    return this.save(change, before, words, caller.id);
  }

  /** Asking twice ends it once. */
  async end(change: Change, caller: Principal, id: string): Promise<Schedule> {
    const before = await this.rows.lock(id, change.manager);
    mustBeAllowed(before, caller, false);
    if (isTerminal(scheduleStates, before.state)) return before;
    const words = { ...before, state: 'ended', reason: 'Deleted on request.', nextDue: null } as const;
    return this.save(change, before, words, caller.id);
  }

  private async save(
    change: Change,
    before: Schedule,
    words: ScheduleWords,
    actor: string,
  ): Promise<Schedule> {
    const stored = await this.rows.update(change.manager, before.id, words);
    recordChange(change, before, stored, actor);
    return stored;
  }

  private firstDue(when: ScheduleTimes, now: Date): Date {
    const { once, from } = when;
    if (once !== undefined && Date.parse(once) <= now.getTime())
      throw invalid('when.once', `lies in the past, it is ${now.toISOString()} now; name a later instant`);
    for (const [place, instant] of Object.entries({ once, from }))
      if (instant !== undefined && Date.parse(instant) > now.getTime() + farthestMs)
        throw invalid(`when.${place}`, 'lies more than ten years ahead; check the year');
    let due: Date | undefined;
    try {
      due = nextDue(when, now);
    } catch (error) {
      throw invalid('when.cron', `${when.cron} is never due: ${faultOf(error)}. ${cronHelp}`);
    }
    if (due === undefined || due.getTime() > now.getTime() + farthestMs)
      throw invalid('when', 'is not due within ten years; check the days and the month');
    return due;
  }
}

const cronHelp =
  'Expected e.g. 0 3 * * 1-5 for three in the morning from Monday to Friday, with days that the months have';

const faultOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/\.$/, '');

const invalid = (path: string, message: string): GatehouseError =>
  new GatehouseError('request.invalid', `${path}: ${message}.`, { details: { errors: [{ path, message }] } });

/** The places that a fault of a JobSpec names, as places in the schedule. */
const withinJob = (error: GatehouseError): GatehouseError => {
  const errors = error.details?.['errors'] as Problem['errors'];
  if (errors === undefined) return error;
  return new GatehouseError(error.code, error.message, {
    cause: error,
    details: { ...error.details, errors: errors.map((one) => ({ ...one, path: `job.${one.path}` })) },
  });
};

/** Operators hold what others made; they do not write it: its jobs are the creator's, who may not approve them (I7). */
export const mustBeAllowed = (schedule: Schedule, caller: Principal, rewrites: boolean): void => {
  const isOwn = schedule.createdBy.id === caller.id;
  const isOperator = caller.roles.some((role) => role === 'operator' || role === 'admin');
  if (!isOwn && (rewrites || !isOperator))
    throw new GatehouseError(
      'auth.forbidden',
      rewrites
        ? `Only ${schedule.createdBy.name}, who asks for its jobs, may change what the schedule says. Store one of your own.`
        : `Only ${schedule.createdBy.name}, or an operator, may do that to the schedule.`,
    );
  const { allowed, reason } = mayDo(caller, 'jobs:create');
  if (isOwn && rewrites && !allowed) throw new GatehouseError('auth.forbidden', reason);
};

export const mustBeLive = ({ id, state, reason }: Schedule): void => {
  if (isTerminal(scheduleStates, state))
    throw new GatehouseError(
      'schedule.state_conflict',
      `The schedule ${id} has ended: ${reason ?? 'no reason was given.'} Store a new one.`,
    );
};

const digestOfWords = ({ job, when, catchUp, overlap }: Schedule): string =>
  digestOf(JSON.parse(JSON.stringify({ job, when, catchUp, overlap })));

export const recordChange = (change: Change, before: Schedule, after: Schedule, actor: string): void => {
  const message = before.state === after.state ? null : after.reason;
  change.record({
    streamId: installationStream,
    type: 'schedule.changed',
    actor,
    payload: {
      scheduleId: after.id,
      name: after.name,
      from: before.state,
      to: after.state,
      version: after.version,
      digest: digestOfWords(after),
      ...(message !== null && { reason: { code: `schedule.${after.state}`, message } }),
    },
  });
};
