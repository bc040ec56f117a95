import { laneStream } from '@gatehouse/contracts';
import { bindingDigest } from './binding.js';
import { candidateId } from './candidate.js';
import { genesis, hashEvent, type ChainEntry } from './chain.js';
import { canonicalJson } from './canonical.js';
import { digestOf, sha256Hex } from './digest.js';
import type { CommitFacts } from './proof.commit.js';
import { provenStream } from './proof.history.js';
import type { Predicate } from './statement.js';

const id = (prefix: string, n = 1): string => `${prefix}_${String(n).padStart(26, '0')}`;
const oid = (n: number): string => sha256Hex(String(n)).slice(0, 40);

/** One event of a story: type, actor, payload, generation. */
export type Happening = readonly [
  type: string,
  actor: string,
  payload: Record<string, unknown>,
  generation?: number,
];

export const chained = (streamId: string, story: readonly Happening[]): ChainEntry[] => {
  let hash = genesis.hash;
  return story.map(([type, actor, payload, generation], i) => {
    const text = canonicalJson(payload);
    const fields = {
      ...{ stream_id: streamId, seq: i + 1, type, actor, lease_generation: generation ?? null },
      at: `2026-01-02T03:00:${String(i).padStart(2, '0')}.000000Z`,
      payload_sha256: sha256Hex(text),
    };
    const entry = { ...fields, prev_hash: hash, hash: hashEvent(hash, fields), payload: text };
    hash = entry.hash;
    return entry;
  });
};

const session = id('ses');
const promotionId = id('prm');
const repository = id('rep');
const ada = { id: id('prn', 1), name: 'ada', kind: 'user' as const };
const bob = { id: id('prn', 2), name: 'bob', kind: 'user' as const };
/** What was published on what. */
export interface SampleChange {
  readonly base: { readonly commit: string; readonly tree: string };
  readonly tree: string;
  readonly commit: string;
}
const sampleChange: SampleChange = { base: { commit: oid(1), tree: oid(2) }, tree: oid(3), commit: oid(4) };
const specDigest = digestOf({ goal: 'Fix the typo' });
const policyDigest = digestOf('policy');
const patch = `sha256:${sha256Hex('patch')}`;
const idsOf = ({ base, tree }: SampleChange) => ({
  candidate: candidateId({
    ...{ base: base.commit, tree, patchSha256: sha256Hex('patch'), jobSpecDigest: specDigest },
  }),
  binding: bindingDigest({
    ...{ repositoryId: repository, target: 'main', level: 'branch' as const },
    ...{ baseTree: base.tree, tree, policyDigest },
  }),
});
const gates = ['size', 'path', 'symlink'].map((gate) => ({
  ...{ gate, part: 'static' as const, answer: 'pass' as const, required: true },
  digest: digestOf({ gate, answer: 'pass' }),
}));

/** What happened to an honest change, in the stream of its session. */
export const happenings = (change = sampleChange): Happening[] => {
  const { base, tree } = change;
  const { candidate, binding } = idsOf(change);
  return [
    ['job.accepted', ada.id, { jobId: id('job'), name: 'fix-typo', specDigest, policyDigest }],
    ['session.base_pinned', 'engine', { ref: 'main', ...base, target: 'main' }],
    ['lease.granted', 'engine', { attemptId: id('att', 1), generation: 1, worker: 'hand' }, 1],
    ['agent.note', 'worker', { text: 'begins' }, 1],
    ['lease.granted', 'engine', { attemptId: id('att', 2), generation: 2, worker: 'judge' }, 2],
    [
      'candidate.created',
      'engine',
      { candidateId: candidate, base: base.commit, baseTree: base.tree, tree, patch, specDigest },
    ],
    [
      'verdict.decided',
      'engine',
      {
        ...{ candidateId: candidate, verdictId: id('vrd'), outcome: 'pass', approvalsNeeded: false },
        ...{ policyDigest, gateSetDigest: digestOf('gates'), baseTree: base.tree, tree, failed: [] },
        answers: gates.map(({ gate, part, answer, digest }) => ({ gate, part, answer, digest })),
      },
    ],
    [
      'promotion.requested',
      'engine',
      {
        promotionId,
        candidateId: candidate,
        level: 'branch',
        target: 'main',
        quorum: 1,
        bindingDigest: binding,
      },
    ],
    ['approval.answered', bob.id, { promotionId, answer: 'approve', bindingDigest: binding, policyDigest }],
    ['promotion.state_changed', 'promoter', { promotionId, from: 'pending', to: 'running' }],
  ];
};

/** The predicate of that change, with the histories as given. */
export const predicateOf = (story?: readonly Happening[], change = sampleChange): Predicate => {
  const { base, tree, commit } = change;
  const { candidate, binding } = idsOf(change);
  const whole = story ?? happenings(change);
  const entries = chained(session, whole);
  const approved = entries.find(({ type }) => type === 'approval.answered');
  const asked = whole.filter(([type]) => type.startsWith('promotion.'));
  return {
    gatehouse: { version: '0.1.0' },
    promotion: {
      ...{ id: promotionId, sessionId: session, level: 'branch', target: 'main' },
      repository: { id: repository, name: 'acme/widgets' },
      branch: 'gatehouse/ses_1-fix-typo',
      laneGeneration: 3,
      at: '2026-01-02T03:05:00.000Z',
    },
    job: { id: id('job'), name: 'fix-typo', specDigest, requestedBy: ada },
    base,
    candidate: { id: candidate, tree, patch },
    commit: { id: commit, tree, parents: [base.commit] },
    leases: [
      { attemptId: id('att', 1), generation: 1, worker: 'hand', workerKey: null },
      { attemptId: id('att', 2), generation: 2, worker: 'judge', workerKey: null },
    ],
    policy: { digest: policyDigest },
    verdict: {
      ...{ id: id('vrd'), outcome: 'pass', approvalsNeeded: false, gateSetDigest: digestOf('gates') },
      gates,
    },
    approvals: {
      quorum: 1,
      bindingDigest: binding,
      given: [
        {
          principal: bob,
          at: approved?.at ?? '2026-01-02T03:00:08.000000Z',
          expiresAt: '2026-01-03T03:00:00.000Z',
          bindingDigest: binding,
        },
      ],
    },
    history: {
      session: provenStream(session, entries),
      lane: provenStream(laneStream(repository, 'main'), chained(laneStream(repository, 'main'), asked)),
    },
  };
};

/** What an honest clone says of the commit. */
export const honestClone = ({ commit, tree, base } = sampleChange): CommitFacts => ({
  commit: { id: commit, tree, parents: [base.commit] },
  base: { id: base.commit, tree: base.tree, parents: [] },
  isOnBase: true,
  damage: undefined,
});
