import { laneStream } from '@gatehouse/contracts';
import { inTransaction } from '@gatehouse/database';
import { GitRunner, publishProof, type LocatedSource } from '@gatehouse/git';
import { ArtifactStore, LedgerService } from '@gatehouse/ledger';
import {
  checkStatement,
  envelopeKeyId,
  maxProofBytes,
  signProof,
  Statement,
  statementOf,
  type Predicate,
} from '@gatehouse/proof';
import { VerdictsRepository } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import type { PromotionEntity } from '../promotion.entity.js';
import type { PromotionFacts } from '../promotion.facts.repository.js';
import { PromotionLogsRepository } from '../log/promotion-log.repository.js';
import { ProofKeys } from './proof.keys.js';
import { contentOf, predicateOf, type MadeCommit } from './proof.predicate.js';
import { ProofsRepository } from './proof.repository.js';
import { errored, failed, takenOver, type Published } from '../published.js';

const identity = { name: 'Gatehouse', email: 'gatehouse@localhost' };

/** Code of what ends because nothing that would hold can be said of it. */
export const unprovable = 'promotion.unprovable';

export type ProofAnswer =
  | { readonly ok: true; /** Id of the stored envelope. */ readonly artifact: string; readonly bytes: Buffer }
  | { readonly ok: false; readonly published: Published };

/** Makes the proof of what is about to be published, once for all that counts, and puts it beside it. */
@Injectable()
export class ProofService {
  constructor(
    private readonly rows: ProofsRepository,
    private readonly logs: PromotionLogsRepository,
    private readonly keys: ProofKeys,
    private readonly verdicts: VerdictsRepository,
    private readonly ledger: LedgerService,
    private readonly artifacts: ArtifactStore,
    private readonly git: GitRunner,
  ) {}

  /**
   * The proof of a commit, stored before anything of it is published: another run for the same commit finds it and
   * publishes the same bytes, unless something else counts by then, as after an approver lost the role. A statement
   * that would not verify is not signed.
   */
  async make(row: PromotionEntity, facts: PromotionFacts, made: MadeCommit): Promise<ProofAnswer> {
    const stored = await this.rows.latest(row.id, made.commit);
    if (made.isPushed && stored !== undefined) return this.read(stored.artifact);
    const verdict = await this.verdicts.latest(row.sessionId, row.candidateId);
    if (verdict === undefined) return noProof('There is no verdict on it any more.');
    const lane = laneStream(row.repositoryId, row.target);
    const begin = await this.rows.beginInLane(row);
    const gathered = {
      ...{ row, facts, made, verdict },
      requester: await this.rows.whoIs(facts.requestedBy),
      approvals: await this.rows.approvals(row, facts.requestedBy),
      session: await this.ledger.entries(row.sessionId),
      lane: await this.ledger.entries(lane, Math.max(begin - 1, 0)),
      log: await this.logs.endOf(row),
      at: await this.rows.now(),
    };
    const predicate = predicateOf(gathered);
    const key = await this.keys.signingKey();
    const keyId = envelopeKeyId(key.publicKey);
    const content = contentOf(predicate, keyId);
    if (stored?.content === content) return this.read(stored.artifact);
    const fault = faultOf(predicate);
    if (fault !== undefined) return noProof(fault);
    const bytes = signProof(predicate, [key]);
    if (bytes.length > maxProofBytes)
      return noProof(`Its history is too long: the proof would have ${bytes.length} bytes.`);
    const artifact = await inTransaction(this.rows.dataSource, async (manager) => {
      const { id } = await this.artifacts.put(bytes, {
        kind: 'report',
        mediaType: 'application/vnd.dsse.envelope.v1+json',
        manager,
      });
      const proof = { commit: made.commit, artifact: id, keyId, content };
      if (!(await this.rows.insert(manager, row, proof))) throw takenOver(row);
      return id;
    });
    return this.read(artifact);
  }

  /**
   * Makes the proof and publishes it as `refs/gatehouse/proof/<candidate>`; to be called with the commit made and
   * before its branch is pushed. Answers what stands against publishing, undefined where nothing does.
   *
   * @param place.gitDir the quarantine of the promotion
   * @param place.mayWrite throws where another run has taken over
   */
  async publish(
    row: PromotionEntity,
    facts: PromotionFacts,
    made: MadeCommit,
    place: {
      readonly located: LocatedSource;
      readonly gitDir: string;
      readonly mayWrite: () => Promise<void>;
    },
  ): Promise<Published | undefined> {
    const proof = await this.make(row, facts, made);
    if (!proof.ok) return proof.published;
    const answer = await publishProof(this.git, place.located, place.gitDir, {
      candidateId: row.candidateId,
      bytes: proof.bytes,
      message: `Proof of ${made.commit}\n\nGatehouse-Promotion: ${row.id}\n`,
      identity,
      date: facts.jobCreatedAt,
      mayWrite: place.mayWrite,
    });
    if (answer.ok) return undefined;
    return answer.reason.startsWith('source.')
      ? errored(answer.reason, answer.message)
      : failed(
          'promotion.proof_rejected',
          `The proof could not be put into the repository, so nothing was published. Let Gatehouse write refs/gatehouse/proof/*. ${answer.message}`,
        );
  }

  private async read(artifact: string): Promise<ProofAnswer> {
    return { ok: true, artifact, bytes: await this.artifacts.readWhole(artifact, maxProofBytes) };
  }
}

/** What would not hold for whoever verifies it; undefined where all does. */
const faultOf = (predicate: Predicate): string | undefined => {
  const parsed = Statement.safeParse(statementOf(predicate));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `${issue?.path.join('.')}: ${issue?.message}.`;
  }
  return checkStatement(parsed.data).find(({ ok }) => !ok)?.message;
};

const noProof = (why: string): ProofAnswer => ({
  ok: false,
  published: failed(
    unprovable,
    `No proof can be made of it, so nothing was published. ${why} Run gatehouse verify, and ask for the promotion again.`,
  ),
});
