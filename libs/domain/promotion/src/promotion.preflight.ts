import { isTerminal, promotionStates, type Preflight, type PreflightCheck } from '@gatehouse/contracts';
import { GitRunner, readRemoteRefs } from '@gatehouse/git';
import { PolicyService } from '@gatehouse/policy';
import { RepositoryService } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { LanesRepository } from './lane/lane.repository.js';
import { LaneStack } from './lane/lane.stack.js';
import { overBudgetBecause } from './promotion.budget.js';
import type { PromotionEntity } from './promotion.entity.js';
import type { PromotionFacts } from './promotion.facts.repository.js';
import { PromotionsRepository } from './promotion.repository.js';
import { quorumOf } from './promotion.js';

const check = (name: string, ok: boolean | null, why: string, fix: string | null = null): PreflightCheck => ({
  check: name,
  ok,
  why,
  fix: ok === false ? fix : null,
});

/** Everything that has to hold before a promotion publishes, asked now; the promoter asks all of it again. */
@Injectable()
export class PromotionPreflight {
  constructor(
    private readonly rows: PromotionsRepository,
    private readonly lanes: LanesRepository,
    private readonly policies: PolicyService,
    private readonly repositories: RepositoryService,
    private readonly git: GitRunner,
    private readonly stack: LaneStack,
  ) {}

  /** Throws `promotion.not_found`. */
  async check(id: string): Promise<Preflight> {
    const row = await this.rows.row(id);
    const facts = await this.rows.facts(row);
    const checks = [
      ...this.own(row, facts),
      await this.policy(row, facts),
      await this.approvals(row, facts),
      ...(row.level === 'patch' ? [] : await this.publishing(row, facts)),
    ];
    return { promotionId: id, ok: checks.every(({ ok }) => ok !== false), checks };
  }

  private own(row: PromotionEntity, facts: PromotionFacts): PreflightCheck[] {
    const over = isTerminal(promotionStates, row.state);
    const ended = ['terminating', 'ended'].includes(facts.sessionState);
    const { level, requestedLevel, degradedBecause } = row;
    return [
      check('state', !over, `The promotion is ${row.state}.`, 'It is over: submit the job again.'),
      check('session', !ended, `Its session is ${facts.sessionState}.`, 'Submit the job again.'),
      check(
        'verdict',
        facts.verdictOutcome === 'pass',
        `The latest verdict on ${facts.alias} is ${facts.verdictOutcome ?? 'missing'}.`,
        'See gatehouse candidate gates.',
      ),
      check(
        'level',
        level === requestedLevel,
        degradedBecause ?? `It reaches ${level}, as was asked.`,
        'It publishes no more than this; change what stands against it and submit the job again.',
      ),
    ];
  }

  private async policy({ repositoryId }: PromotionEntity, facts: PromotionFacts): Promise<PreflightCheck> {
    const { spec, specDigest, verdictPolicyDigest } = facts;
    const now = await this.policies.digestNow(repositoryId, specDigest, spec);
    const same = now === verdictPolicyDigest;
    return check(
      'policy',
      same,
      same ? 'The policy is that of the verdict.' : 'The policy changed after the verdict.',
      'Nothing: it is judged again under the policy in force.',
    );
  }

  private async approvals(row: PromotionEntity, facts: PromotionFacts): Promise<PreflightCheck> {
    const quorum = quorumOf(row.level, row.quorum, facts.verdictApprovalsNeeded === true);
    const count = await this.rows.countApprovals(row, facts.requestedBy);
    return check(
      'approvals',
      count >= quorum,
      quorum === 0 ? 'None are needed.' : `${count} of ${quorum} approvals count.`,
      `Have it approved: gatehouse promotion approve ${row.id}. Not by ${facts.requester}, who asked for the job.`,
    );
  }

  private async publishing(row: PromotionEntity, facts: PromotionFacts): Promise<PreflightCheck[]> {
    const isLive = facts.mode === 'live';
    const [turn] = await this.lanes.before(row);
    return [
      check(
        'repository',
        isLive,
        `${facts.repository} is ${facts.mode}.`,
        `Publish from it: gatehouse repo mode ${facts.repository} live.`,
      ),
      check(
        'lane',
        turn === undefined || row.state === 'running',
        turn === undefined ? `The lane of ${row.target} is free.` : `${turn} goes before it.`,
        'Wait for its turn: gatehouse lane list.',
      ),
      await this.target(row, facts),
      ...(await this.judgedWithOthers(row, facts)),
      ...(row.level === 'draft_pr' ? await this.pullRequest(row, facts) : []),
    ];
  }

  private async judgedWithOthers(row: PromotionEntity, facts: PromotionFacts): Promise<PreflightCheck[]> {
    const now = await this.stack.standing(row, facts);
    if (now === null) return [];
    const { answer, check: judged } = now;
    const why =
      answer === 'goes'
        ? 'It passes on top of those before it.'
        : answer === 'waits'
          ? judged === undefined
            ? 'It waits to be judged on top of those before it.'
            : 'It was judged on top of others than are published now.'
          : answer.dropped.message;
    const fix =
      typeof answer === 'string'
        ? 'Nothing: that comes without being asked. See gatehouse lane show.'
        : 'Submit the job again once those before it are merged.';
    return [check('stack', answer === 'goes', why, fix)];
  }

  private async target({ target }: PromotionEntity, facts: PromotionFacts): Promise<PreflightCheck> {
    const ref = `refs/heads/${target}`;
    const found = await readRemoteRefs(
      this.git,
      await this.repositories.locate(facts.source, facts.forgeId),
      [ref],
    );
    if (!found.ok) return check('target', false, found.message, 'See gatehouse doctor.');
    const head = found.oids.get(ref);
    if (head === undefined)
      return check('target', false, `The repository has no branch ${target}.`, 'Submit the job again.');
    return check(
      'target',
      head === facts.base,
      head === facts.base
        ? `${target} is the base still.`
        : `${target} is at ${head}, and the change was judged on ${facts.base}.`,
      'Nothing: it is merged with that and judged again.',
    );
  }

  private async pullRequest(row: PromotionEntity, facts: PromotionFacts): Promise<PreflightCheck[]> {
    const { requestedBy, requester, repository, verdictPolicyDigest } = facts;
    const policy = await this.policies.byDigest(verdictPolicyDigest ?? '');
    const counts = await this.lanes.budget(row, requestedBy);
    const over =
      policy && counts && overBudgetBecause(policy.promotion, { repository, requester, ...counts });
    return [
      check(
        'budget',
        over === undefined || over === null,
        over ?? 'Reviewers have room for it.',
        'Nothing: it goes on by itself.',
      ),
      check('forge', null, 'What the forge asks of a draft pull request is looked at when it is published.'),
    ];
  }
}
