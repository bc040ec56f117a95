import { GatehouseError, type Finding, type GateResult } from '@gatehouse/contracts';
import type { CheckAnnotation, ForgeWriter } from '@gatehouse/forge';
import { PlaneSettings, SessionsRepository } from '@gatehouse/session';
import { VerdictsRepository } from '@gatehouse/validation';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { PromotionsRepository } from '../promotion.repository.js';
import { notShownYet } from './forge.reply.js';
import { LateEffect, mayShowLater } from './late.effect.js';
import { forgeWriter } from './pull-request.publisher.js';
import { PullRequestsRepository } from './pull-request.repository.js';
import { statusComment } from './status.comment.js';

const maxAnnotations = 50;
const levels = { block: 'failure', require_approval: 'warning', warn: 'notice' } as const;

/** Findings that have a place in a file, as the forge shows them beside it. */
const annotationsOf = (gates: readonly GateResult[]): CheckAnnotation[] =>
  gates
    .flatMap(({ findings }) => findings)
    .flatMap((finding) => (finding.path === undefined ? [] : [annotationOf(finding, finding.path)]))
    .slice(0, maxAnnotations);

const annotationOf = (
  { severity, code, message, next, startLine = 1, endLine = startLine }: Finding,
  path: string,
): CheckAnnotation => ({
  path,
  startLine,
  endLine,
  level: levels[severity],
  title: code,
  message: `${message} ${next}`.trim(),
});

const unlessForbidden = (error: unknown): void => {
  if (!(error instanceof GatehouseError) || error.code !== 'forge.forbidden') throw error;
};

/** All of them, whatever becomes of one; then throws the first trouble that there was. */
const each = async (parts: readonly (() => Promise<unknown>)[]): Promise<void> => {
  const troubles: unknown[] = [];
  for (const part of parts) await part().catch((error: unknown) => troubles.push(error));
  if (troubles.length > 0) throw troubles.find(mayShowLater) ?? troubles[0];
};

/** Task `pull_request.sync`: one comment, one check run and a label say where it stands; of a cancelled job it is closed. */
@Injectable()
export class PullRequestSync {
  constructor(
    private readonly pulls: PullRequestsRepository,
    private readonly promotions: PromotionsRepository,
    private readonly verdicts: VerdictsRepository,
    private readonly sessions: SessionsRepository,
    private readonly plane: PlaneSettings,
    private readonly late: LateEffect,
    @Optional() @Inject(forgeWriter) private readonly forge: ForgeWriter | undefined,
  ) {}

  /** Throws `forge.*` where the forge could not be written to: it is tried again. `attempt` counts from 1. */
  async run(pullRequestId: string, attempt = 1): Promise<void> {
    const lookAgain = () => this.late.lookAgain('pull_request.sync', { pullRequestId }, pullRequestId);
    try {
      await this.bring(pullRequestId);
    } catch (error) {
      if (mayShowLater(error)) await lookAgain();
      throw notShownYet(error);
    }
    // One that was killed may have written, too.
    if (attempt > 1) await lookAgain();
  }

  private async bring(pullRequestId: string): Promise<void> {
    const row = await this.pulls.find(pullRequestId);
    if (row === undefined || this.forge === undefined) return;
    const promotion = await this.promotions.row(row.promotionId);
    const facts = await this.promotions.facts(promotion);
    const repo = this.plane.repoAt(facts.source, facts.forgeId);
    if (repo === null) return;
    const verdict = await this.verdicts.latest(promotion.sessionId, promotion.candidateId);
    const gates = verdict?.gates ?? [];
    const check = {
      name: 'Gatehouse',
      headSha: row.head,
      externalId: promotion.id,
      status: 'completed',
      conclusion: verdict?.outcome === 'pass' ? 'success' : 'failure',
      title: `${gates.filter(({ answer }) => answer === 'pass').length} of ${gates.length} gates passed`,
      summary: `Candidate ${facts.alias}, tree ${facts.tree}, policy ${facts.verdictPolicyDigest ?? 'unknown'}.`,
      annotations: annotationsOf(gates),
    } as const;
    const session = await this.sessions.find(row.sessionId);
    const isCancelled = session.cancelReason !== null;
    const body = statusComment({
      state: row.state,
      isCancelled,
      note: session.state === 'idle' ? session.reasonMessage : null,
      alias: facts.alias,
      commit: row.head,
      sessionId: row.sessionId,
      sessionUrl: this.plane.jobUrl(facts.jobId),
    });
    const { forge } = this;
    const { number } = row;
    await each([
      () => forge.upsertComment(repo, number, `gatehouse:status:${row.sessionId}`, body),
      async () => isCancelled && row.state === 'open' && forge.updatePull(repo, number, { state: 'closed' }),
      () => forge.addLabels(repo, number, ['gatehouse']),
      // A token of a person cannot write checks; the comment says as much.
      () => forge.upsertCheckRun(repo, check).catch(unlessForbidden),
    ]);
  }
}
