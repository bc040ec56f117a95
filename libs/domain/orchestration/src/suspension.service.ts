import { durationMs, GatehouseError, type GateResult } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import { JobsRepository, SessionService, type Caller, type SessionEntity } from '@gatehouse/session';
import { canaryCode, decides } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { reasonOf } from './reason.js';
import { SessionEnding } from './session.ending.js';

/** Sessions that are stopped for people to look at, and that go on at their word. */
@Injectable()
export class SuspensionService {
  constructor(
    private readonly sessions: SessionService,
    private readonly jobs: JobsRepository,
    private readonly policies: PolicyService,
    private readonly endings: SessionEnding,
  ) {}

  /**
   * Ends a locked session whose change was refused. One whose agent handed on its bait is quarantined instead: its
   * lease is over since it handed in, and it gets none again before a person has looked.
   */
  refuse(
    change: Change,
    session: SessionEntity,
    outcome: 'failed' | 'errored',
    results: readonly GateResult[],
  ): Promise<void> {
    const actor = 'engine';
    const bait = results
      .filter(decides)
      .map((result) => ({
        ...result,
        findings: result.findings.filter(({ code, severity }) => code === canaryCode && severity === 'block'),
      }))
      .filter(({ findings }) => findings.length > 0);
    if (bait.length === 0)
      return this.endings.end(change, session, outcome, { actor, reason: reasonOf(results) });
    return this.sessions.suspend(change, session, 'quarantined', { actor, reason: reasonOf(bait) });
  }

  /** What an attempt handed in leads to no tree, so there is no candidate. */
  refuseWhole(
    change: Change,
    session: SessionEntity,
    attemptId: string,
    results: readonly GateResult[],
  ): Promise<void> {
    const counted = results.filter(decides);
    change.record({
      streamId: session.id,
      type: 'candidate.refused',
      actor: 'engine',
      payload: { attemptId, gates: counted.filter(({ answer }) => answer !== 'pass') },
    });
    const broken = counted.some(({ answer }) => answer === 'error');
    const fails = counted.some(({ answer }) => answer === 'fail');
    return this.refuse(change, session, broken && !fails ? 'errored' : 'failed', results);
  }

  /**
   * Starts the agent of a suspended session anew, under a lease of its own; what it made before stays refused. Throws
   * `session.not_found`, `session.state_conflict`, `policy.denied`.
   */
  async resume(change: Change, caller: Caller, sessionId: string, why: string): Promise<SessionEntity> {
    const { manager } = change;
    const session = await this.sessions.lock(change, sessionId);
    await this.sessions.resume(change, session, {
      actor: caller.id,
      reason: { code: 'session.resumed', message: why },
    });
    const policy = await this.policies.byDigest(session.policyDigest ?? '', manager);
    const attempts = await this.sessions.rows.attemptsOf(session.id, manager);
    const last = attempts.findLast(({ purpose }) => purpose === 'agent');
    if (policy === undefined || last === undefined)
      throw new GatehouseError(
        'policy.denied',
        'The policy of this session is not known any more. Cancel its job and submit it again.',
      );
    const { spec } = (await this.jobs.row(session.jobId, manager)).spec;
    await this.sessions.queueAttempt(change, session, {
      purpose: 'agent',
      wantedKinds: last.wantedKinds.filter((kind) => policy.capabilities.includes(kind)),
      wantedLabels: last.wantedLabels,
      appTries: last.appTries,
      scheduleToStartMs: durationMs(spec.limits.scheduleToStart),
      actor: caller.id,
    });
    return session;
  }
}
