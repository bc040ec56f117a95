import type {
  Artifact,
  Attempt,
  Candidate,
  Job,
  LeaseGrant,
  LedgerEvent,
  Principal,
  Promotion,
  Repository,
  Verdict,
} from '@gatehouse/contracts';

const ulid = '01J00000000000000000000000';
const at = '2026-01-02T03:04:05.678Z';
const hex = 'ab'.repeat(32);

/** Valid values of nouns on the wire, for tests. */
export const sampleIds = {
  principal: `prn_${ulid}`,
  token: `tok_${ulid}`,
  repository: `rep_${ulid}`,
  job: `job_${ulid}`,
  session: `ses_${ulid}`,
  attempt: `att_${ulid}`,
  lease: `lea_${ulid}`,
  worker: `wrk_${ulid}`,
  promotion: `prm_${ulid}`,
  approval: `apr_${ulid}`,
  policy: `pol_${ulid}`,
  verdict: `vrd_${ulid}`,
  task: `tsk_${ulid}`,
  candidate: `cnd_${hex}`,
  artifact: `sha256:${hex}`,
  commit: 'c0'.repeat(20),
  tree: 'd1'.repeat(20),
} as const;

export const sampleInstant = at;

export const sampleArtifact = (over: Partial<Artifact> = {}): Artifact => ({
  id: sampleIds.artifact,
  size: 3,
  mediaType: 'text/x-patch',
  kind: 'patch',
  createdAt: at,
  ...over,
});

export const sampleJob = (over: Partial<Job> = {}): Job => ({
  id: sampleIds.job,
  name: 'fix-typo',
  labels: {},
  phase: 'running',
  reason: null,
  repository: 'acme/widgets',
  requestedBy: { id: sampleIds.principal, name: 'ada' },
  base: { ref: 'main', commit: sampleIds.commit },
  spec: {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: 'fix-typo', labels: {} },
    spec: {
      repository: 'acme/widgets',
      base: 'main',
      goal: 'Fix the typo',
      agent: { adapter: 'command', command: ['true'] },
      requires: { labels: {}, network: 'none' },
      limits: {
        execution: '60m',
        scheduleToStart: '15m',
        memoryMiB: 2048,
        cpus: 2,
        pids: 512,
        rounds: 1,
        appRetries: 0,
      },
      validation: { commands: [] },
      promotion: { level: 'branch' },
    },
  },
  specDigest: hex,
  sessionId: sampleIds.session,
  createdAt: at,
  endedAt: null,
  ...over,
});

export const sampleEvent = (seq: number, over: Partial<LedgerEvent> = {}): LedgerEvent => ({
  streamId: sampleIds.session,
  seq,
  type: 'agent.note',
  at,
  actor: 'engine',
  leaseGeneration: null,
  payloadSha256: hex,
  prevHash: hex,
  hash: hex,
  payload: {},
  ...over,
});

export const sampleGrant = (): LeaseGrant => ({
  lease: {
    id: sampleIds.lease,
    generation: 7,
    token: 'lease-token',
    ttlMs: 60_000,
    heartbeatMs: 20_000,
    fenceMs: 50_000,
  },
  attempt: { id: sampleIds.attempt, number: 1, purpose: 'agent' },
  sessionId: sampleIds.session,
  job: { id: sampleIds.job, name: 'fix-typo', goal: 'Fix the typo' },
  feedback: null,
  start: null,
  kind: 'process_sandbox',
  image: null,
  limits: {
    executionMs: 1,
    memoryBytes: 1,
    cpus: 1,
    pids: 1,
    tmpBytes: 1,
    workspaceBytes: 1,
    outputBytes: 1,
    harvestEntries: 1,
    harvestBytes: 1,
  },
  base: null,
  agent: { adapter: 'command', command: ['true'] },
  validate: null,
});

export const sampleVerdict = (over: Partial<Verdict> = {}): Verdict => ({
  id: sampleIds.verdict,
  candidateId: sampleIds.candidate,
  sessionId: sampleIds.session,
  outcome: 'pass',
  approvalsNeeded: false,
  policyDigest: hex,
  gateSetDigest: hex,
  staticDigest: hex,
  cached: false,
  gates: [{ gate: 'integrity', part: 'static', summary: 'Objects are sound', answer: 'pass', findings: [] }],
  decidedAt: at,
  ...over,
});

export const sampleCandidate = (over: Partial<Candidate> = {}): Candidate => ({
  id: sampleIds.candidate,
  alias: 'calm-otter',
  sessionId: sampleIds.session,
  jobId: sampleIds.job,
  repository: 'acme/widgets',
  base: sampleIds.commit,
  baseTree: sampleIds.tree,
  tree: sampleIds.tree,
  patch: sampleIds.artifact,
  patchBytes: 3,
  files: 1,
  specDigest: hex,
  state: 'pass',
  verdict: sampleVerdict(),
  createdAt: at,
  ...over,
});

export const samplePromotion = (over: Partial<Promotion> = {}): Promotion => ({
  id: sampleIds.promotion,
  candidateId: sampleIds.candidate,
  sessionId: sampleIds.session,
  jobId: sampleIds.job,
  jobName: 'fix-typo',
  requestedBy: { id: sampleIds.principal, name: 'ada' },
  repository: 'acme/widgets',
  target: 'main',
  requestedLevel: 'branch',
  level: 'branch',
  degradedBecause: null,
  state: 'succeeded',
  reason: null,
  quorum: 0,
  askedBecause: [],
  approvalsGiven: 0,
  approvals: [],
  answerRefused: null,
  result: { branch: 'gatehouse/x-fix-typo', commit: sampleIds.commit, tree: sampleIds.tree },
  pullRequest: null,
  supersededBy: null,
  createdAt: at,
  endedAt: at,
  ...over,
});

export const sampleRepository = (over: Partial<Repository> = {}): Repository => ({
  id: sampleIds.repository,
  name: 'acme/widgets',
  source: '/srv/widgets',
  sourceKind: 'path',
  forge: null,
  mode: 'staged',
  defaultBranch: 'main',
  mirror: { fetchedAt: at, warnings: [], error: null },
  createdAt: at,
  ...over,
});

export const samplePrincipal = (over: Partial<Principal> = {}): Principal => ({
  id: sampleIds.principal,
  name: 'ada',
  kind: 'user',
  roles: ['requester'],
  disabled: false,
  createdAt: at,
  ...over,
});

export const sampleAttempt = (over: Partial<Attempt> = {}): Attempt => ({
  id: sampleIds.attempt,
  sessionId: sampleIds.session,
  number: 1,
  purpose: 'agent',
  state: 'running',
  reason: null,
  capability: 'process_sandbox',
  worker: 'worker-1',
  leaseGeneration: 1,
  candidateId: null,
  feedback: null,
  startCandidateId: null,
  exitCode: null,
  report: null,
  files: [],
  createdAt: at,
  startedAt: at,
  endedAt: null,
  ...over,
});
