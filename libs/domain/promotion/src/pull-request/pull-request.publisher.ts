import { GatehouseError } from '@gatehouse/contracts';
import type { ForgePull, ForgeRepo, ForgeWriter } from '@gatehouse/forge';
import type { LocatedSource } from '@gatehouse/git';
import { PlaneSettings } from '@gatehouse/session';
import { VerdictsRepository } from '@gatehouse/validation';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { titleOf } from '../commit.message.js';
import type { PromotionEntity } from '../promotion.entity.js';
import type { PromotionFacts } from '../promotion.facts.repository.js';
import { PromotionsRepository } from '../promotion.repository.js';
import { degraded, errored, failed, type Published } from '../published.js';
import { pullRequestBody } from './pull-request.body.js';

/** A repository, by name and address. */
type Place = Pick<PromotionFacts, 'forge' | 'forgeId' | 'source' | 'repository'>;

/** What writes to the forge. Only the promoter has one (I3). */
export const forgeWriter = Symbol('ForgeWriter');

/** Makes and keeps the draft pull request of a session. Doing it again leads to the same one. */
@Injectable()
export class PullRequestPublisher {
  /** Repositories whose last credential git could not use. */
  readonly #refused = new Set<string>();

  constructor(
    private readonly rows: PromotionsRepository,
    private readonly verdicts: VerdictsRepository,
    private readonly plane: PlaneSettings,
    @Optional() @Inject(forgeWriter) private readonly forge: ForgeWriter | undefined,
  ) {}

  /** A source of the forge as git may push to it; any other as it is. Throws `forge.unauthorized`. */
  withCredential(located: LocatedSource, facts: Place): LocatedSource {
    if (facts.forge === null) return located;
    const { forge, repo } = this.door(facts);
    const key = `${repo.owner}/${repo.name}`;
    return {
      ...located,
      credential: () => forge.gitCredential(repo, { fresh: this.#refused.delete(key) }),
      credentialRefused: () => void this.#refused.add(key),
    };
  }

  /** What stands against a draft pull request before anything is written; undefined where nothing does. */
  async objection(
    row: PromotionEntity,
    facts: PromotionFacts,
    branch: string,
  ): Promise<Published | undefined> {
    const { forge, repo } = this.door(facts);
    const existing = await forge.findPull(repo, branch);
    const refusal = existing === null ? undefined : refusePull(existing, row.target);
    if (refusal !== undefined) return refusal;
    const lines = await forge.preflight(repo, { branch, target: row.target });
    const against = lines.filter(({ ok }) => !ok);
    if (against.length === 0) return undefined;
    const why = against.map(({ detail, fix }) => `${detail} ${fix}`.trim()).join(' ');
    // Where one is open already the branch stays as it is: the patch alone would hide that.
    return existing === null
      ? degraded(`A draft pull request cannot be made, so the patch is stored: ${why}`)
      : errored('pull_request.precondition', why);
  }

  /**
   * After the branch was pushed: the pull request, made as a draft or found. `branch` and `commit` are what must be in
   * it. `withdraw` takes the branch away again where no draft can be made.
   */
  async publish(
    row: PromotionEntity,
    facts: PromotionFacts,
    { branch, commit }: { branch: string; commit: string },
    withdraw: () => Promise<void>,
  ): Promise<Published> {
    const { forge, repo } = this.door(facts);
    const title = titleOf({ title: facts.title ?? undefined, jobName: facts.jobName });
    const body = await this.body(row, facts, commit);
    const answer = await forge.createDraftPull(repo, { head: branch, base: row.target, title, body });
    if (!answer.ok) {
      if (answer.reason === 'drafts_unsupported') {
        await withdraw();
        return degraded(
          `The repository does not take draft pull requests, so the patch is stored: ${answer.message}`,
        );
      }
      if (answer.reason === 'head_not_found') return errored('pull_request.head_not_found', answer.message);
      return failed(`pull_request.${answer.reason}`, answer.message);
    }
    const { pull, already } = answer;
    const refusal = refusePull(pull, row.target);
    if (refusal !== undefined) return refusal;
    if (pull.head.sha !== commit)
      return errored(
        'pull_request.head_differs',
        `Pull request #${pull.number} shows ${pull.head.sha}, not ${commit}, which was pushed.`,
      );
    if (!already && !pull.draft)
      throw new GatehouseError('forge.unavailable', `Pull request #${pull.number} was not made as a draft.`);
    const kept =
      already && (pull.title !== title || pull.body !== body)
        ? await forge.updatePull(repo, pull.number, { body })
        : pull;
    return { state: 'succeeded', branch, commit, pull: kept };
  }

  private async body(row: PromotionEntity, facts: PromotionFacts, commit: string): Promise<string> {
    const verdict = await this.verdicts.latest(row.sessionId, row.candidateId);
    const approvals = (await this.rows.approvals([row.id])).get(row.id) ?? [];
    return pullRequestBody({
      goal: facts.spec.spec.goal,
      requester: facts.requester,
      tainted: (facts.spec.spec.inputs ?? []).some(({ trust }) => trust === 'untrusted'),
      sessionId: row.sessionId,
      sessionUrl: this.plane.jobUrl(facts.jobId),
      alias: facts.alias,
      candidateId: row.candidateId,
      base: facts.base,
      target: row.target,
      commit,
      tree: facts.tree,
      policyDigest: facts.verdictPolicyDigest ?? '',
      gates: verdict?.gates ?? [],
      approvals: approvals.map(({ principal, answer, createdAt }) => ({
        name: principal.name,
        answer,
        at: createdAt,
      })),
    });
  }

  private door(facts: Place): { forge: ForgeWriter; repo: ForgeRepo } {
    const repo = this.plane.repoAt(facts.source, facts.forgeId);
    if (this.forge === undefined || repo === null)
      throw new GatehouseError(
        'forge.unauthorized',
        `${facts.repository} lies on a forge that this promoter is not connected to. See gatehouse doctor.`,
      );
    return { forge: this.forge, repo };
  }
}

/** What people made of a pull request that stands against publishing to it; undefined where nothing does. */
const refusePull = ({ number, state, base }: ForgePull, target: string): Published | undefined => {
  if (state !== 'open')
    return failed(
      'pull_request.closed',
      `Pull request #${number} of this session is ${state}, so nothing more is published to it. Ask for a new job.`,
    );
  if (base.ref !== target)
    return failed(
      'pull_request.retargeted',
      `Pull request #${number} is for ${base.ref} now, but the change was judged for ${target}.`,
    );
  return undefined;
};
