import { LeaseService, WorkersRepository } from '@gatehouse/capability';
import { Changes } from '@gatehouse/ledger';
import { PolicyTrialService } from '@gatehouse/policy';
import { LaneService, PromotionLogWriter, PullRequestWatch } from '@gatehouse/promotion';
import { PlaneSettings, SessionService } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';

const batch = 100;
/** Decisions removed at a time, and how long after such a batch the next is looked for. */
const forgotten = 500;
const forgetsEveryMs = 600_000;
/** How often is asked for promotion logs that a repository does not have whole. */
const logsEveryMs = 60_000;
/** How long what waits for the budget of reviewers is left alone. */
const asksAgainAfterMs = 30_000;

/**
 * What only time can end: leases nobody renews or may renew, attempts nobody takes, workers nobody hears of, decisions
 * kept long enough.
 */
@Injectable()
export class SweepService {
  #forgetsAt = 0;
  #logsAt = 0;

  constructor(
    private readonly leases: LeaseService,
    private readonly workers: WorkersRepository,
    private readonly sessions: SessionService,
    private readonly decisions: PolicyTrialService,
    private readonly pulls: PullRequestWatch,
    private readonly lanes: LaneService,
    private readonly logs: PromotionLogWriter,
    private readonly changes: Changes,
    private readonly plane: PlaneSettings,
  ) {}

  /** Milliseconds between sweeps: short against the lease, never busy. */
  get everyMs(): number {
    return Math.min(Math.max(Math.floor(this.plane.settings.GATEHOUSE_LEASE_TTL / 10), 250), 5_000);
  }

  async run(): Promise<void> {
    const { GATEHOUSE_LEASE_TTL: ttl, GATEHOUSE_LEASE_MARGIN: margin } = this.plane.settings;
    const grace = Math.min(margin, Math.floor(ttl / 3));
    for (const lease of await this.leases.rows.overdue(grace, batch)) await this.leases.expire(lease);
    for (const { id, session_id } of await this.sessions.rows.overdue(batch))
      await this.neverStarted(id, session_id);
    await this.workers.markDisconnected(Math.max(2 * ttl, 60_000));
    await this.pulls.poll(this.plane.settings.GATEHOUSE_FORGE_POLL);
    await this.lanes.sweep({
      waitMs: this.plane.settings.GATEHOUSE_APPROVAL_WAIT,
      askAgainMs: asksAgainAfterMs,
    });
    await this.forget();
    if (Date.now() < this.#logsAt) return;
    this.#logsAt = Date.now() + logsEveryMs;
    await this.logs.sweep();
  }

  /** As long as batches are full the next sweep goes on. */
  private async forget(): Promise<void> {
    if (Date.now() < this.#forgetsAt) return;
    const kept = this.plane.settings.GATEHOUSE_DECISION_RETENTION;
    const gone = await this.decisions.forget(kept, forgotten);
    if (gone < forgotten) this.#forgetsAt = Date.now() + forgetsEveryMs;
  }

  private async neverStarted(attemptId: string, sessionId: string): Promise<void> {
    const reason = {
      code: 'attempt.not_started',
      message: 'No worker that can run it took it in time. See gatehouse worker list and gatehouse doctor.',
    };
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, sessionId);
      const attempt = await this.sessions.rows.attempt(attemptId, change.manager);
      if (attempt.state !== 'queued') return;
      await this.sessions.moveAttempt(change, attempt, 'errored', { actor: 'engine', reason });
      // That a stack could not be judged ends nobody: it is judged again.
      if (attempt.stack !== null) return this.lanes.probed(change, attempt);
      await this.sessions.end(change, session, 'errored', { actor: 'engine', reason });
    });
  }
}
