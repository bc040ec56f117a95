import { z } from 'zod';
import { approvalEvents, binding, PolicyDigest, promotion, quorum } from './approval.events.js';
import { GateAnswer, GatePart, VerdictOutcome, GateResult } from './candidate.js';
import { CapabilityKind, TrustZone, WorkerLabels } from './capability.js';
import { ArtifactId, CandidateId, idOf, ObjectId, Sha256 } from './id.js';
import { laneEvents } from './lane.events.js';
import { LedgerEvent, type EventType } from './ledger.js';
import { PolicyLayer } from './policy.js';
import { PromotionLevel } from './policy.parts.js';
import { PrincipalKind, Role } from './principal.js';
import { promotionStates, type PromotionState } from './promotion.js';
import { pullRequestStates, type PullRequestState } from './pull-request.js';
import { RepositoryMode } from './repository.js';
import { scheduleEvents } from './schedule.events.js';
import { AttemptPurpose, attemptStates, SessionOutcome, sessionStates, SuspendReason } from './session.js';
import type { AttemptState, SessionState } from './session.js';
import { triggerStates, type TriggerState } from './trigger.js';

const states = <S extends string>(table: { states: Record<S, unknown> }) =>
  z.enum(Object.keys(table.states) as [S, ...S[]]);
const move = <S extends z.ZodType>(state: S) => ({
  from: state,
  to: state,
  reason: z.strictObject({ code: z.string(), message: z.string() }).optional(),
});
const principal = { principalId: idOf('principal'), name: z.string() };
const worker = { workerId: idOf('worker'), name: z.string() };
const repository = { repositoryId: idOf('repository'), name: z.string() };
const attempt = { attemptId: idOf('attempt') };
const lease = { leaseId: idOf('lease'), ...attempt, generation: z.number().int() };
const candidate = { candidateId: CandidateId, alias: z.string() };
const pullRequest = {
  pullRequestId: idOf('pullRequest'),
  number: z.number().int(),
  url: z.string(),
  head: ObjectId,
};
const trigger = { triggerId: idOf('trigger'), name: z.string(), repository: z.string() };
const policy = {
  policyId: idOf('policy'),
  name: z.string(),
  layer: PolicyLayer,
  repository: z.string().nullable(),
  version: z.number().int(),
  digest: Sha256,
};
const SpecDigest = Sha256.describe('Digest of the canonical JobSpec');

/** What one gate answered, short: the whole answer is kept with the verdict, and its digest proves it. */
const GateDigest = z.strictObject({
  gate: z.string(),
  part: GatePart,
  answer: GateAnswer,
  digest: Sha256.describe('SHA-256 of the canonical JSON of the GateResult'),
});

/**
 * What an event of each type says. Types and fields are API: they may be added, never renamed. Together they let an
 * auditor follow a change from the ledger alone: who asked for what, on which base, under which lease and policy,
 * what every gate answered, who approved, and which commit came of it.
 */
export const eventPayloads = {
  'principal.created': z.strictObject({
    ...principal,
    kind: PrincipalKind,
    roles: z.array(Role),
    zone: TrustZone.optional(),
  }),
  'principal.changed': z.strictObject({ ...principal, disabled: z.boolean() }),
  'token.created': z.strictObject({
    tokenId: idOf('token'),
    ...principal,
    expiresAt: z.string().nullable(),
  }),
  'token.revoked': z.strictObject({ tokenId: idOf('token'), principalId: idOf('principal') }),
  'login.succeeded': z.strictObject({
    principalId: idOf('principal'),
    with: z.string().describe('Kind of secret: code or token'),
    tokenId: idOf('token').describe('The panel session'),
  }),
  'repository.added': z.strictObject({ ...repository, source: z.string(), mode: RepositoryMode }),
  'repository.changed': z.strictObject({ ...repository, from: RepositoryMode, to: RepositoryMode }),
  'repository.moved': z.strictObject({ ...repository, from: z.string(), to: z.string() }),
  'identity.linked': z.strictObject({
    ...principal,
    forge: z.string(),
    login: z.string(),
    userId: z.string().nullable(),
    movedFrom: idOf('principal')
      .optional()
      .describe('What the account stood for before; it stands for the principal from now on'),
  }),
  'trigger.stored': z.strictObject({
    ...trigger,
    version: z.number().int(),
    digest: Sha256,
  }),
  'trigger.changed': z.strictObject({
    ...trigger,
    from: states<TriggerState>(triggerStates),
    to: states<TriggerState>(triggerStates),
  }),
  'policy.stored': z.strictObject(policy),
  'policy.activated': z.strictObject(policy),
  'policy_set.activated': z.strictObject({
    policySetId: idOf('policySet'),
    number: z.number().int(),
    digest: Sha256,
    policies: z.array(idOf('policy')),
    restores: idOf('policySet').nullable(),
    reason: z.string(),
  }),
  'worker.registered': z.strictObject({ ...worker, zone: TrustZone }),
  'worker.changed': z.strictObject({
    ...worker,
    from: z.string(),
    to: z.string(),
    labels: WorkerLabels.optional(),
  }),
  'job.accepted': z.strictObject({
    jobId: idOf('job'),
    name: z.string(),
    specDigest: SpecDigest,
    repository: z.string().nullable(),
    policyDigest: PolicyDigest,
  }),
  'job.triggered': z.strictObject({
    jobId: idOf('job'),
    ...trigger,
    version: z.number().int(),
    deliveryId: idOf('webhookDelivery'),
    source: z.string().describe('Address of the issue'),
    by: z.string().describe('Login of the account'),
  }),
  'job.cancel_requested': z.strictObject({ jobId: idOf('job'), reason: z.string() }),
  ...scheduleEvents,
  'session.created': z.strictObject({ jobId: idOf('job'), path: z.string() }),
  'session.tainted': z.strictObject({
    taint: z.array(z.strictObject({ source: z.string(), reason: z.string().optional() })),
  }),
  'session.base_pinned': z.strictObject({
    ref: z.string().nullable(),
    commit: ObjectId,
    tree: ObjectId,
    target: z.string().nullable(),
  }),
  'session.rebased': z.strictObject({
    ...candidate,
    promotionId: idOf('promotion').describe('The one that was discarded since the target moved'),
    target: z.string(),
    from: ObjectId.describe('Commit on which the change was judged'),
    to: ObjectId.describe('Head of the target that it was merged with'),
    outcome: z.enum(['clean', 'conflict', 'already_there']),
    tree: ObjectId.nullable().describe('Of the merge; null of a conflict'),
    paths: z.array(z.string()).describe('Where the two sides do not go together; the first hundred'),
  }),
  'session.state_changed': z.strictObject({
    ...move(states<SessionState>(sessionStates)),
    outcome: SessionOutcome.nullish(),
    because: SuspendReason.optional().describe('Of a suspended one'),
  }),
  'session.change_requested': z.strictObject({
    ...attempt,
    text: z.string(),
    source: z.string().describe('Where it was said, e.g. the address of a comment'),
    startCandidateId: CandidateId,
  }),
  'attempt.queued': z.strictObject({
    ...attempt,
    purpose: AttemptPurpose,
    number: z.number().int(),
    kinds: z.array(z.string()),
  }),
  'attempt.state_changed': z.strictObject({
    ...attempt,
    purpose: AttemptPurpose,
    ...move(states<AttemptState>(attemptStates)),
    kind: CapabilityKind.optional(),
    sandbox: z.string().optional().describe('What its worker said of the sandbox as it started'),
    image: z.string().nullable().optional().describe('Digest of the image it ran in'),
  }),
  'lease.granted': z.strictObject({ ...lease, worker: z.string(), kind: CapabilityKind }),
  'lease.ended': z.strictObject({ ...lease, how: z.enum(['released', 'expired', 'revoked']) }),
  'agent.output': z.looseObject(attempt),
  // What a worker has to say is its own: short values under names of its choice.
  'agent.note': z.looseObject({ attemptId: idOf('attempt').optional() }),
  'candidate.created': z.strictObject({
    ...candidate,
    ...attempt,
    base: ObjectId,
    baseTree: ObjectId,
    tree: ObjectId,
    patch: ArtifactId,
    files: z.number().int(),
    specDigest: SpecDigest,
  }),
  'candidate.refused': z.strictObject({ ...attempt, gates: z.array(GateResult) }),
  'verdict.decided': z.strictObject({
    ...candidate,
    verdictId: idOf('verdict'),
    outcome: VerdictOutcome,
    approvalsNeeded: z.boolean(),
    policyDigest: PolicyDigest,
    gateSetDigest: Sha256.describe('Digest of the gates as they were built'),
    baseTree: ObjectId,
    tree: ObjectId,
    answers: z.array(GateDigest).describe('Of every gate that was asked, in order'),
    failed: z.array(z.string()).describe('Gates whose answer is no pass'),
    codes: z.array(z.string()).describe('Reasons that block, each once'),
    image: z.string().nullable().optional().describe('Digest of the image in which the commands ran'),
    commandDigest: Sha256.optional().describe('What the verdict on the commands is bound to'),
  }),
  'promotion.requested': z.strictObject({
    ...promotion,
    alias: z.string(),
    verdictId: idOf('verdict'),
    requestedLevel: PromotionLevel,
    level: PromotionLevel,
    degradedBecause: z.string().optional(),
    target: z.string(),
    quorum,
    bindingDigest: binding,
    supersedes: idOf('promotion').optional().describe('The one of the same session whose place it takes'),
  }),
  'promotion.state_changed': z.strictObject({
    ...promotion,
    ...move(states<PromotionState>(promotionStates)),
    supersededBy: idOf('promotion').optional().describe('The one that took its place'),
  }),
  'promotion.published': z.strictObject({
    ...promotion,
    alias: z.string(),
    level: PromotionLevel,
    branch: z.string().optional(),
    commit: ObjectId.optional(),
    tree: ObjectId,
    verdictId: idOf('verdict'),
    policyDigest: PolicyDigest,
    bindingDigest: binding,
  }),
  ...laneEvents,
  'pull_request.opened': z.strictObject({ ...promotion, ...pullRequest, draft: z.boolean() }),
  'pull_request.updated': z.strictObject({ ...promotion, ...pullRequest }),
  'pull_request.state_changed': z.strictObject({
    ...pullRequest,
    sessionId: idOf('session').optional(),
    ...move(states<PullRequestState>(pullRequestStates)),
    by: z.string().nullable().describe('Login of the person, where the forge said it'),
    mergedCommit: ObjectId.optional(),
  }),
  ...approvalEvents,
} as const satisfies Record<EventType, z.ZodType>;

export type EventPayload<T extends EventType> = z.input<(typeof eventPayloads)[T]>;

const types = Object.keys(eventPayloads) as EventType[];

const known = types.map((type) =>
  LedgerEvent.extend({ type: z.literal(type), payload: eventPayloads[type].nullable() }).meta({
    id: `LedgerEvent.${type}`,
  }),
);

/** A ledger event whose type this version knows, told apart by `type`. */
export const KnownEvent = z
  .discriminatedUnion('type', known as [(typeof known)[number], ...(typeof known)[number][]])
  .meta({ id: 'KnownEvent' });

/** The payload of an event where it is of that type, whole and not erased; else undefined. */
export const payloadOf = <T extends EventType>(
  type: T,
  event: { readonly type: string; readonly payload: unknown },
): z.output<(typeof eventPayloads)[T]> | undefined => {
  if (event.type !== type || event.payload === null) return undefined;
  const parsed = eventPayloads[type].safeParse(event.payload);
  return parsed.success ? (parsed.data as z.output<(typeof eventPayloads)[T]>) : undefined;
};
