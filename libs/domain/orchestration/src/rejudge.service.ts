import { Changes } from '@gatehouse/ledger';
import { PromotionService } from '@gatehouse/promotion';
import { JobsRepository, SessionService } from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import { CandidateService, CandidatesRepository } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { AssessService } from './assess.service.js';
import { changeOf, handedIn, isStopped } from './handed-in.js';
import { JudgingService } from './judging.service.js';
import { everyKind } from './requester.js';
import { RuleService } from './rule.service.js';

/**
 * Task `session.rejudge`: the policy changed between the verdict and the publishing, so the same candidate is judged
 * under the policy in force, and promoted anew where it still passes (I8).
 */
@Injectable()
export class RejudgeService {
  constructor(
    private readonly sessions: SessionService,
    private readonly jobs: JobsRepository,
    private readonly rules: RuleService,
    private readonly judging: JudgingService,
    private readonly assess: AssessService,
    private readonly candidates: CandidateService,
    private readonly candidateRows: CandidatesRepository,
    private readonly promotions: PromotionService,
    private readonly changes: Changes,
  ) {}

  async run(sessionId: string, context: TaskContext): Promise<void> {
    const found = await this.sessions.rows.find(sessionId);
    const attempt = handedIn(await this.sessions.rows.attemptsOf(sessionId));
    const patch = changeOf(attempt);
    if (isStopped(found) || found.candidateId === null || attempt === undefined || patch === undefined)
      return;
    const job = await this.jobs.row(found.jobId);
    const now = await this.rules.inForce(job, { target: found.target, kinds: everyKind });
    const { policy, refuses } = now;
    const work = policy !== null && refuses === null && { attempt, job, policy };
    const judged = work ? await this.judging.judge(work, found, patch) : undefined;
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, sessionId);
      const latest = await this.promotions.latestFor(sessionId, change);
      // Judged anew by an earlier run of this task, or over: then nothing is left to do.
      if (
        !isStopped(session) &&
        latest?.state === 'discarded' &&
        latest.supersededBy === null &&
        latest.reasonCode === 'policy.changed'
      ) {
        await this.rules.note(change, sessionId, job, now);
        if (!work || judged === undefined)
          await this.assess.end(change, session, 'failed', refuses ?? undefined);
        else {
          await this.sessions.set(change, session, { policyDigest: work.policy.digest });
          const candidate = await this.candidateRows.row(session.candidateId ?? '');
          const { judgement } = judged;
          if (judgement.passedSoFar && judgement.commands.length > 0) {
            await this.candidates.learn(change, judgement);
            await this.assess.validate(change, session, work, candidate);
          } else await this.assess.decide(change, session, work, candidate, judgement, null);
        }
      }
      await context.complete(change.manager);
    });
  }
}
