import { GatehouseError } from '@gatehouse/contracts';
import {
  applyPatch,
  commitTree,
  GitRunner,
  openQuarantine,
  publishBranch,
  readRemoteRef,
  readRemoteRefs,
  removeBranch,
  type LocatedSource,
  type Mirror,
} from '@gatehouse/git';
import { ArtifactStore } from '@gatehouse/ledger';
import { PlaneSettings, RepositoryService } from '@gatehouse/session';
import { parsePatch } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { commitMessage } from './commit.message.js';
import { branchOf } from './promotion.js';
import type { PromotionEntity } from './promotion.entity.js';
import type { PromotionFacts } from './promotion.facts.repository.js';
import { PromotionLapse } from './promotion.lapse.js';
import { PromotionsRepository } from './promotion.repository.js';
import { ProofService, unprovable } from './proof/proof.service.js';
import { errored, failed, takenOver, type Published } from './published.js';
import { PullRequestPublisher } from './pull-request/pull-request.publisher.js';
import { driftOf } from './target.drift.js';

/** Places at which a process may die; tests die there. */
export const promotionPoints = [
  'claimed',
  'applied',
  'committed',
  'proven',
  'checked',
  'pushed',
  'published',
  'settled',
] as const;
export type PromotionPoint = (typeof promotionPoints)[number];

/** Rounds of one session on a moving target, within so long, before it waits. */
export const maxDrifts = 5;
export const driftWindowMs = 3_600_000;

const identity = { name: 'Gatehouse', email: 'gatehouse@localhost' };
/** The gates have judged the size already, and the tree must be equal: a second limit here could only contradict them. */
const anySize = {
  maxPatchBytes: 1 << 30,
  maxBlobBytes: 1 << 30,
  maxTotalBytes: 2 ** 32,
  maxFiles: 1_000_000,
};

/**
 * Makes the branch of a promotion, and its draft pull request where that is asked. Holds no lock and changes no row;
 * doing it again leads to the same branch.
 */
@Injectable()
export class PromotionPublisher {
  constructor(
    private readonly rows: PromotionsRepository,
    private readonly repositories: RepositoryService,
    private readonly artifacts: ArtifactStore,
    private readonly git: GitRunner,
    private readonly proofs: ProofService,
    private readonly pullRequests: PullRequestPublisher,
    private readonly plane: PlaneSettings,
    private readonly lapse: PromotionLapse,
  ) {}

  /** `at` is told of every point passed, and may throw to stop there. Throws where git or the machine fails. */
  async publish(
    row: PromotionEntity,
    facts: PromotionFacts,
    at: (point: PromotionPoint) => Promise<void>,
  ): Promise<Published> {
    const branch = branchOf(row.sessionId, facts.jobName);
    const expected = await this.rows.headOf(row.sessionId, branch);
    const located = this.pullRequests.withCredential(await this.repositories.locate(facts.source), facts);
    const mirror = this.repositories.mirror(row.repositoryId);
    await mirror.ensure();
    const below = expected === null ? [facts.base] : [facts.base, expected];
    let trees = await mirror.treesOf(below);
    if (trees.includes(undefined)) {
      const fetched = await mirror.fetch(located);
      if (!fetched.ok) return errored(fetched.reason, fetched.message);
      trees = await mirror.treesOf(below);
    }
    const asksPull = row.level === 'draft_pr';
    const refusal =
      refuseBase(trees[0], facts) ??
      (asksPull ? await this.pullRequests.objection(row, facts, branch) : undefined);
    if (refusal !== undefined) return refusal;
    const quarantine = await openQuarantine(this.plane.quarantineDir, mirror.gitDir);
    try {
      const bytes = await this.artifacts.readWhole(facts.patch, facts.patchBytes);
      const parsed = parsePatch(bytes);
      if (!parsed.ok) return failed(parsed.code, parsed.message);
      const patch = bytes.subarray(parsed.span.start, parsed.span.end);
      const applied = await applyPatch(this.git, quarantine, facts.base, patch, anySize);
      if (!applied.ok) return failed(applied.reason, applied.detail);
      if (applied.tree !== facts.tree)
        return failed(
          'promotion.tree_mismatch',
          `The patch leads to tree ${applied.tree}, not to ${facts.tree}, which was judged. Nothing was published.`,
        );
      await at('applied');
      const parents = await parentsOf(mirror, expected, facts.base);
      const commit = await commitTree(quarantine.gitDir, {
        tree: applied.tree,
        parents,
        message: commitMessage({
          title: facts.title ?? undefined,
          jobName: facts.jobName,
          sessionId: row.sessionId,
          candidateId: row.candidateId,
          policyDigest: facts.verdictPolicyDigest ?? '',
          requestedBy: facts.requester,
        }),
        author: identity,
        committer: identity,
        date: facts.jobCreatedAt,
      });
      await at('committed');
      const lapsed = await this.lapsed(row, facts, { located, ref: `refs/heads/${branch}`, commit });
      if (typeof lapsed === 'object') return lapsed;
      const made = { commit, parents, branch, isPushed: lapsed === 'pushed' };
      const place = { located, gitDir: quarantine.gitDir, mayWrite: () => this.mayWrite(row) };
      const unproven = await this.prove(row, facts, () => this.proofs.publish(row, facts, made, place));
      if (unproven !== undefined) return unproven;
      await at('proven');
      const ref = `refs/heads/${branch}`;
      const targetRef = `refs/heads/${row.target}`;
      const now = await readRemoteRefs(this.git, located, [ref, targetRef]);
      if (!now.ok) return errored(now.reason, now.message);
      const oid = now.oids.get(ref);
      // What an earlier run pushed was on the head of the target then; that it moved on since takes nothing back.
      if (oid !== commit) {
        const head = now.oids.get(targetRef);
        const drift = await driftOf({ mirror, located, target: row.target, base: facts.base, head });
        if (drift !== undefined) return this.boundDrift(row, drift);
      }
      await at('checked');
      await this.mayWrite(row);
      const under = await this.under(row, expected, oid);
      const wanted = { commit, ref, expected: under, before: { ok: true, oid } } as const;
      const answer = await publishBranch(this.git, located, quarantine.gitDir, wanted);
      if (!answer.ok) return refused(answer);
      if (!answer.already && !(await this.rows.holds(row))) {
        // Frozen in the last moment: what another run gave up meanwhile must not stay.
        if (await this.rows.isStale(row.sessionId, commit))
          await removeBranch(this.git, located, quarantine.gitDir, { ref, expected: commit });
        throw takenOver(row);
      }
      if (answer.tree !== facts.tree)
        throw new GatehouseError('git.failed', `${ref} was read back with another tree than was judged.`);
      await at('pushed');
      if (!asksPull) return { state: 'succeeded', branch, commit };
      return await this.pullRequests.publish(row, facts, { branch, commit }, () =>
        removeBranch(this.git, located, quarantine.gitDir, { ref, expected: commit }),
      );
    } finally {
      await quarantine.remove();
    }
  }

  /** What counts may fall between the look at it and the proof, and count again: neither says that nothing can be proven. */
  private async prove(
    row: PromotionEntity,
    facts: PromotionFacts,
    publish: () => Promise<Published | undefined>,
  ): Promise<Published | undefined> {
    const unproven = await publish();
    if (unproven?.state !== 'failed' || unproven.reason.code !== unprovable) return unproven;
    return (await this.lapse.of(row, facts)) ?? publish();
  }

  private async mayWrite(row: PromotionEntity): Promise<void> {
    if (!(await this.rows.holds(row))) throw takenOver(row);
  }

  /** Why it may not be published any more; what an earlier run has pushed while it might stays. */
  private async lapsed(
    row: PromotionEntity,
    facts: PromotionFacts,
    { located, ref, commit }: { located: LocatedSource; ref: string; commit: string },
  ): Promise<Published | 'pushed' | undefined> {
    const lapsed = await this.lapse.of(row, facts);
    if (lapsed === undefined) return undefined;
    const now = await readRemoteRef(this.git, located, ref);
    if (!now.ok) return errored(now.reason, now.message);
    return now.oid === commit ? 'pushed' : lapsed;
  }

  /** What the branch has to be now. A commit that a frozen run of ours pushed too late is nobody's: it is replaced. */
  private async under(
    { sessionId }: PromotionEntity,
    expected: string | null,
    oid: string | undefined,
  ): Promise<string | null> {
    if (oid === undefined || oid === expected) return expected;
    return (await this.rows.isStale(sessionId, oid)) ? oid : expected;
  }

  /** A target that moves faster than the gates answer is not run after for ever. */
  private async boundDrift(row: PromotionEntity, drift: Published): Promise<Published> {
    if (drift.state !== 'discarded') return drift;
    const rounds = await this.rows.driftsOf(row.sessionId, driftWindowMs);
    if (rounds < maxDrifts) return drift;
    return errored(
      'promotion.target_keeps_moving',
      `${row.target} moved ${rounds} times within an hour while the change was being judged. It is tried again after a pause, and on a new base once that hour is over.`,
    );
  }
}

/** A later candidate stands on what was published before; where the target moved since, its head is merged in. */
const parentsOf = async (mirror: Mirror, expected: string | null, base: string): Promise<string[]> => {
  if (expected === null) return [base];
  return (await mirror.isAncestor(base, expected)) ? [expected] : [expected, base];
};

const refuseBase = (tree: string | undefined, { base, baseTree }: PromotionFacts): Published | undefined => {
  if (tree === baseTree) return undefined;
  return tree === undefined
    ? failed('promotion.base_missing', `The repository no longer has ${base}, on which the patch was made.`)
    : failed(
        'promotion.base_mismatch',
        `Commit ${base} has tree ${tree}, not ${baseTree}, which was judged.`,
      );
};

const refused = ({ reason, message }: { reason: string; message: string }): Published => {
  if (reason.startsWith('source.')) return errored(reason, message);
  return failed(reason === 'ref.moved' ? 'promotion.branch_moved' : 'promotion.rejected', message);
};
