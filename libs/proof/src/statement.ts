import {
  ArtifactId,
  CandidateId,
  idOf,
  Instant,
  ObjectId,
  PrincipalKind,
  PromotionLevel,
  Sha256,
  VerdictOutcome,
  GateAnswer,
  GatePart,
} from '@gatehouse/contracts';
import { z } from 'zod';

export const statementType = 'https://in-toto.io/Statement/v1';
export const predicateType = 'https://gatehouse.dev/promotion/v1';
/** The media type under which an envelope holds a statement. */
export const statementMediaType = 'application/vnd.in-toto+json';

const Head = z.object({ seq: z.number().int().min(0), hash: Sha256 });
const Who = z.object({
  id: idOf('principal'),
  name: z.string(),
  kind: PrincipalKind,
  person: idOf('principal').optional().describe('Whom it stands for; absent where it is its own person'),
});
type Who = z.infer<typeof Who>;

/** Whoever has several names is one person: told apart by this, never by id. */
export const personOf = ({ id, person }: Pick<Who, 'id' | 'person'>): string => person ?? id;

/** An event as its chain has it; the hash before it is that of the event before. */
const ProvenEvent = z.object({
  seq: z.number().int().min(1),
  type: z.string(),
  at: z.string(),
  actor: z.string(),
  lease_generation: z.number().int().nullable(),
  payload_sha256: Sha256,
  hash: Sha256,
  payload: z.string().optional().describe('Canonical JSON as it was hashed; only of the events that say why'),
});
export type ProvenEvent = z.infer<typeof ProvenEvent>;

/** A stream of the ledger, from one place to its head. */
const ProvenStream = z.object({
  stream: z.string(),
  after: Head.describe('Where the events begin; seq 0 where that is the beginning of the stream'),
  head: Head.describe('Where the stream ended when the proof was made'),
  events: z.array(ProvenEvent),
});
export type ProvenStream = z.infer<typeof ProvenStream>;

const ProvenGate = z.object({
  gate: z.string(),
  part: GatePart,
  answer: GateAnswer,
  required: z.boolean().describe('False: policy did not ask for it to pass, or only tried it out'),
  digest: Sha256.describe('SHA-256 of the canonical JSON of the whole GateResult'),
});

const ProvenApproval = z.object({
  principal: Who,
  at: z.string().describe('Of its event'),
  expiresAt: Instant,
  bindingDigest: Sha256,
});

const ProvenLease = z.object({
  attemptId: idOf('attempt'),
  generation: z.number().int().min(1),
  worker: z.string(),
  workerKey: Sha256.nullable().describe('Null: workers of this version have no key of their own'),
});

/** All that stands behind one published change. */
export const Predicate = z.object({
  gatehouse: z.object({ version: z.string() }),
  promotion: z.object({
    id: idOf('promotion'),
    sessionId: idOf('session'),
    level: PromotionLevel,
    repository: z.object({ id: idOf('repository'), name: z.string() }),
    target: z.string(),
    branch: z.string(),
    laneGeneration: z.number().int().min(1),
    at: Instant.describe('When the proof was made, by the clock of the database'),
  }),
  job: z.object({ id: idOf('job'), name: z.string(), specDigest: Sha256, requestedBy: Who }),
  base: z.object({ commit: ObjectId, tree: ObjectId }),
  candidate: z.object({ id: CandidateId, tree: ObjectId, patch: ArtifactId }),
  commit: z.object({ id: ObjectId, tree: ObjectId, parents: z.array(ObjectId).min(1) }),
  leases: z.array(ProvenLease),
  policy: z.object({ digest: Sha256 }),
  verdict: z.object({
    id: idOf('verdict'),
    outcome: VerdictOutcome,
    approvalsNeeded: z.boolean(),
    gateSetDigest: Sha256,
    gates: z.array(ProvenGate),
  }),
  approvals: z.object({
    quorum: z.number().int().min(0),
    bindingDigest: Sha256,
    given: z.array(ProvenApproval),
  }),
  log: z
    .object({ seq: z.number().int().min(0), digest: Sha256 })
    .optional()
    .describe(
      'Where the promotion log of the lane ended when the proof was made; absent in those of before it',
    ),
  history: z.object({ session: ProvenStream, lane: ProvenStream }),
});
export type Predicate = z.infer<typeof Predicate>;

const Subject = z.object({ name: z.string(), digest: z.record(z.string(), z.string()) });

/** in-toto Statement v1 with our predicate. Fields that are not known are left aside, as in-toto asks. */
export const Statement = z.object({
  _type: z.literal(statementType),
  subject: z.array(Subject).min(1),
  predicateType: z.literal(predicateType),
  predicate: Predicate,
});
export type Statement = z.infer<typeof Statement>;

/** The statement on a promotion; equal predicates make equal statements. */
export const statementOf = (predicate: Predicate): Statement => {
  const { repository, branch } = predicate.promotion;
  const name = `git+${repository.name}@${branch}`;
  return {
    _type: statementType,
    subject: [
      { name, digest: { gitCommit: predicate.commit.id } },
      { name: `${name}^{tree}`, digest: { gitTree: predicate.commit.tree } },
    ],
    predicateType,
    predicate,
  };
};
