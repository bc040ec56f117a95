import { GatehouseError } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import {
  JobsRepository,
  RepositoriesRepository,
  RepositoryService,
  SessionService,
} from '@gatehouse/session';
import type { TaskContext } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { RuleService } from './rule.service.js';
import { SubmitService } from './submit.service.js';

/** Task `session.intake`: brings the mirror up to date and pins the base. */
@Injectable()
export class IntakeService {
  constructor(
    private readonly jobs: JobsRepository,
    private readonly repositories: RepositoriesRepository,
    private readonly sources: RepositoryService,
    private readonly sessions: SessionService,
    private readonly policies: PolicyService,
    private readonly submit: SubmitService,
    private readonly rules: RuleService,
    private readonly changes: Changes,
  ) {}

  async run(sessionId: string, context: TaskContext): Promise<void> {
    const found = await this.sessions.rows.find(sessionId);
    if (found.state !== 'created') return;
    const job = await this.jobs.row(found.jobId);
    const reason = await this.fetch(job.repositoryId);
    const repository = await this.repositories.find(job.repositoryId ?? '');
    const { spec } = job.spec;
    const base = reason === undefined ? await this.sources.pin(repository, spec.base) : undefined;
    const target = base && (await this.sources.targetOf(repository, spec.promotion.target, spec.base));
    await this.changes.run(async (change) => {
      const session = await this.sessions.lock(change, sessionId);
      if (session.state === 'created') {
        const policy = await this.policies.byDigest(session.policyDigest ?? '', change.manager);
        const fault = reason ?? this.faultOf(spec, base, target ?? null, policy !== undefined);
        if (fault !== undefined || base === undefined || policy === undefined) {
          await this.sessions.end(change, session, 'failed', { actor: 'engine', reason: fault });
        } else {
          await this.sessions.set(change, session, { target: target ?? null });
          const requester = await this.rules.requester(job, target ?? null, change.manager);
          await this.submit.pinned(change, session, { spec: job.spec, policy, requester }, base);
        }
      }
      await context.complete(change.manager);
    });
  }

  /** What is wrong for good; an outage is thrown and the task tried again. */
  private async fetch(repositoryId: string | null): Promise<{ code: string; message: string } | undefined> {
    try {
      await this.sources.refresh(repositoryId ?? '');
      return undefined;
    } catch (error) {
      if (error instanceof GatehouseError && error.fault === 'caller')
        return { code: error.code, message: error.message };
      throw error;
    }
  }

  private faultOf(
    spec: { base: string; repository?: string | undefined; promotion: { target?: string | undefined } },
    base: unknown,
    target: string | null,
    hasPolicy: boolean,
  ): { code: string; message: string } | undefined {
    if (base === undefined)
      return {
        code: 'repository.base_not_found',
        message: `${spec.repository} has no branch, tag or commit ${spec.base}. Check the name and submit again.`,
      };
    if (target === null && spec.promotion.target !== undefined)
      return {
        code: 'repository.target_not_found',
        message: `${spec.repository} has no branch ${spec.promotion.target} to promote to.`,
      };
    return hasPolicy
      ? undefined
      : { code: 'policy.denied', message: 'The policy of this job is not known any more.' };
  }
}
