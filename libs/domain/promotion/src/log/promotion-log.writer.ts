import { GatehouseError, laneStream } from '@gatehouse/contracts';
import { logObjects } from '@gatehouse/git';
import { Changes, type Change } from '@gatehouse/ledger';
import { linkOf, signLogEntry } from '@gatehouse/proof';
import { Tasks } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { logCommit } from './promotion-log.commit.js';
import { PromotionLogsRepository, type LogLane } from './promotion-log.repository.js';
import type { PromotionEntity } from '../promotion.entity.js';
import type { PromotionFacts } from '../promotion.facts.repository.js';
import { ProofKeys } from '../proof/proof.keys.js';
import { ProofsRepository } from '../proof/proof.repository.js';

const batch = 50;
/** How long a repository may lack an entry before the sweep asks for it, and how long a log is left alone at most. */
const missingMs = 600_000;
const idleMs = 6 * 3_600_000;

/** Writes down what was published, in the order of the lane. */
@Injectable()
export class PromotionLogWriter {
  constructor(
    private readonly rows: PromotionLogsRepository,
    private readonly proofs: ProofsRepository,
    private readonly keys: ProofKeys,
    private readonly tasks: Tasks,
    private readonly changes: Changes,
  ) {}

  /**
   * Adds a promotion to the log of its lane, in the transaction in which it succeeds and with the lane locked: once, and
   * after all that was published there before. The repository gets it by a task.
   */
  async append(
    change: Change,
    row: PromotionEntity,
    facts: PromotionFacts,
    { branch, commit }: { readonly branch: string; readonly commit: string },
  ): Promise<void> {
    const { manager } = change;
    const proof = await this.proofs.latest(row.id, commit, manager);
    if (proof === undefined || facts.verdictId === null || facts.verdictPolicyDigest === null)
      throw new GatehouseError(
        'ledger.corrupt',
        `Promotion ${row.id} was published as ${commit}, and its proof or its verdict is not there any more. Restore the database from a backup.`,
      );
    const after = await this.rows.endOf(row, manager);
    const content = {
      lane: laneStream(row.repositoryId, row.target),
      ...{ promotionId: row.id, sessionId: row.sessionId, candidateId: row.candidateId },
      ...{ commit, tree: facts.tree, branch, level: row.level },
      laneGeneration: row.laneGeneration ?? 0,
      policyDigest: facts.verdictPolicyDigest,
      verdict: { id: facts.verdictId, outcome: 'pass' as const },
      proof: proof.artifact.replace('sha256:', ''),
      at: (await this.rows.now(manager)).toISOString(),
    };
    const record = signLogEntry(after, content, await this.keys.signingKey());
    const text = { entry: record.entry.toString(), head: record.head.toString() };
    await this.rows.insert(manager, row, {
      ...{ seq: after.seq + 1, promotionId: row.id, ...text, digest: linkOf(record) },
      commit: logObjects(logCommit(text, after.commit)).commit,
    });
    await this.enqueue(change, row);
  }

  /** Asks for what a repository does not have yet, and for a look at those that nobody looked at for long. */
  async sweep(): Promise<void> {
    const due = await this.rows.due(batch, { missingMs, idleMs });
    if (due.length === 0) return;
    await this.changes.run(async (change) => {
      for (const lane of due) await this.enqueue(change, lane);
    });
  }

  private async enqueue({ manager }: Change, { repositoryId, target }: LogLane): Promise<void> {
    await this.tasks.enqueue(manager, {
      type: 'promotion_log.export',
      payload: { repositoryId, target },
      dedupeKey: `promotion_log.export:${repositoryId}:${target}`,
    });
  }
}
