import { laneStream, payloadOf, version } from '@gatehouse/contracts';
import { digestOf, provenStream, type ChainEntry, type LogEnd, type Predicate } from '@gatehouse/proof';
import { decides, type VerdictEntity } from '@gatehouse/validation';
import type { PromotionEntity } from '../promotion.entity.js';
import type { PromotionFacts } from '../promotion.facts.repository.js';
import { quorumOf } from '../promotion.js';
import type { CountedApproval } from './proof.repository.js';

/** The commit that is about to be published. */
export interface MadeCommit {
  readonly commit: string;
  readonly parents: readonly string[];
  readonly branch: string;
  /** An earlier run has pushed it, and what allowed that has lapsed since. */
  readonly isPushed: boolean;
}

export interface Gathered {
  readonly row: PromotionEntity;
  readonly facts: PromotionFacts;
  readonly made: MadeCommit;
  readonly verdict: VerdictEntity;
  readonly requester: Pick<CountedApproval, 'kind' | 'person'>;
  readonly approvals: readonly CountedApproval[];
  /** The whole stream of the session. */
  readonly session: readonly ChainEntry[];
  /** The stream of the lane from where this promotion was asked for. */
  readonly lane: readonly ChainEntry[];
  /** What was published in the lane before. */
  readonly log: LogEnd;
  readonly at: Date;
}

const parsed = ({ type, payload }: ChainEntry) => ({
  type,
  payload: payload === null ? null : (JSON.parse(payload) as unknown),
});

const leasesOf = (session: readonly ChainEntry[]): Predicate['leases'] =>
  session.flatMap((entry) => {
    if (entry.type !== 'lease.granted') return [];
    const payload = payloadOf('lease.granted', parsed(entry));
    if (payload === undefined) return [];
    const { attemptId, generation, worker } = payload;
    return [{ attemptId, generation, worker, workerKey: null }];
  });

const whoOf = ({ id, name, kind, person }: Omit<CountedApproval, 'expiresAt'>) => ({
  ...{ id, name, kind },
  ...(person !== null && { person }),
});

/** When somebody last approved this: the event is the word that stays. */
const approvedAt = (session: readonly ChainEntry[], who: string, row: PromotionEntity): string | undefined =>
  session.findLast((entry) => {
    if (entry.type !== 'approval.answered' || entry.actor !== who) return false;
    const payload = payloadOf('approval.answered', parsed(entry));
    return payload?.bindingDigest === row.bindingDigest && payload.answer === 'approve';
  })?.at;

/** All that a proof says, out of what the database and the ledger have. */
export const predicateOf = (gathered: Gathered): Predicate => {
  const { row, facts, made, verdict, requester, approvals, session, lane, log, at } = gathered;
  const isOwn = (entry: ChainEntry): boolean =>
    entry.type === 'promotion.requested' &&
    payloadOf('promotion.requested', parsed(entry))?.promotionId === row.id;
  return {
    gatehouse: { version },
    promotion: {
      ...{ id: row.id, sessionId: row.sessionId, level: row.level, target: row.target },
      repository: { id: row.repositoryId, name: facts.repository },
      branch: made.branch,
      laneGeneration: row.laneGeneration ?? 0,
      at: at.toISOString(),
    },
    job: {
      ...{ id: facts.jobId, name: facts.jobName, specDigest: facts.specDigest },
      requestedBy: whoOf({ id: facts.requestedBy, name: facts.requester, ...requester }),
    },
    base: { commit: facts.base, tree: facts.baseTree },
    candidate: { id: row.candidateId, tree: facts.tree, patch: facts.patch },
    commit: { id: made.commit, tree: facts.tree, parents: [...made.parents] },
    leases: leasesOf(session),
    policy: { digest: verdict.policyDigest },
    verdict: {
      ...{ id: verdict.id, outcome: verdict.outcome, approvalsNeeded: verdict.approvalsNeeded },
      gateSetDigest: verdict.gateSetDigest,
      gates: verdict.gates.map((result) => ({
        ...{ gate: result.gate, part: result.part, answer: result.answer },
        required: decides(result),
        digest: digestOf(result),
      })),
    },
    approvals: {
      quorum: quorumOf(row.level, row.quorum, verdict.approvalsNeeded),
      bindingDigest: row.bindingDigest,
      given: approvals.map(({ expiresAt, ...who }) => ({
        principal: whoOf(who),
        at: approvedAt(session, who.id, row) ?? '',
        expiresAt: expiresAt.toISOString(),
        bindingDigest: row.bindingDigest,
      })),
    },
    log: { seq: log.seq, digest: log.digest },
    history: {
      session: provenStream(row.sessionId, session),
      // Of others that wait in the lane only the digests travel.
      lane: provenStream(laneStream(row.repositoryId, row.target), lane, { isProven: isOwn }),
    },
  };
};

/**
 * Digest of what a proof claims, and of who signs it: equal as long as the same counts. When it was made, by which
 * version and in which generation of the lane, and the histories, which only grow, are none of it.
 */
export const contentOf = (predicate: Predicate, keyId: string): string =>
  digestOf({
    ...predicate,
    ...{ keyId, gatehouse: null, log: null, history: null },
    promotion: { ...predicate.promotion, at: null, laneGeneration: null },
  });
