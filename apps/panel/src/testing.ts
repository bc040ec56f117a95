import type { Attempt, Candidate, Job, Promotion, Session } from '@gatehouse/contracts';

/** Rows for specs: complete, unremarkable, and changed by each spec in what it is about. */
const id = (prefix: string) => `${prefix}_01K00000000000000000000000`;
const at = '2026-01-01T00:00:00.000Z';
const oid = 'a'.repeat(40);
const sha = 'b'.repeat(64);
export const requester = { id: `prn_01K0000000000000000000000R`, name: 'bob' };

export const aJob = (change: Partial<Job> = {}): Job => ({
  id: id('job'),
  name: 'fix-typo',
  labels: {},
  phase: 'running',
  reason: null,
  repository: 'acme/widgets',
  requestedBy: requester,
  base: { ref: 'main', commit: oid },
  spec: {} as Job['spec'],
  specDigest: sha,
  sessionId: id('ses'),
  createdAt: at,
  endedAt: null,
  ...change,
});

export const aSession = (change: Partial<Session> = {}): Session => ({
  id: id('ses'),
  jobId: id('job'),
  parentId: null,
  path: '/fix-typo',
  state: 'running',
  outcome: null,
  suspendedBecause: null,
  reason: null,
  base: { commit: oid, tree: oid },
  candidateId: null,
  createdAt: at,
  endedAt: null,
  ...change,
});

export const anAttempt = (change: Partial<Attempt> = {}): Attempt => ({
  id: id('att'),
  sessionId: id('ses'),
  number: 1,
  purpose: 'agent',
  state: 'running',
  reason: null,
  capability: 'process_sandbox',
  worker: 'agent-1',
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
  ...change,
});

export const aCandidate = (change: Partial<Candidate> = {}): Candidate => ({
  id: `cnd_${sha}`,
  alias: 'brisk-heron',
  sessionId: id('ses'),
  jobId: id('job'),
  repository: 'acme/widgets',
  base: oid,
  baseTree: oid,
  tree: oid,
  patch: `sha256:${sha}`,
  patchBytes: 100,
  files: 1,
  specDigest: sha,
  state: 'judging',
  verdict: null,
  createdAt: at,
  ...change,
});

export const aVerdict = (
  change: Partial<NonNullable<Candidate['verdict']>> = {},
): NonNullable<Candidate['verdict']> => ({
  id: id('vrd'),
  candidateId: `cnd_${sha}`,
  sessionId: id('ses'),
  outcome: 'pass',
  approvalsNeeded: false,
  policyDigest: sha,
  gateSetDigest: sha,
  staticDigest: sha,
  cached: false,
  gates: [],
  decidedAt: at,
  ...change,
});

export const aPromotion = (change: Partial<Promotion> = {}): Promotion => ({
  id: id('prm'),
  candidateId: `cnd_${sha}`,
  sessionId: id('ses'),
  jobId: id('job'),
  jobName: 'fix-typo',
  requestedBy: { id: id('prn'), name: 'ada' },
  repository: 'acme/widgets',
  target: 'main',
  requestedLevel: 'branch',
  level: 'branch',
  degradedBecause: null,
  state: 'pending',
  reason: null,
  quorum: 0,
  askedBecause: [],
  approvalsGiven: 0,
  approvals: [],
  answerRefused: null,
  result: null,
  pullRequest: null,
  supersededBy: null,
  createdAt: at,
  endedAt: null,
  ...change,
});
