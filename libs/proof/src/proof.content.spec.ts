import { describe, expect, it } from '@jest/globals';
import { happenings, honestClone, predicateOf, type Happening } from './proof.fixture.js';
import { checkCommit, type CommitFacts } from './proof.commit.js';
import { signProof } from './proof.js';
import { faultOf, key, lie, make, other26, other40, other64, payloadIn } from './tampering.fixture.js';
import { retold, rewritten, said, set, type Tampering } from './tampering.fixture.js';

const { requestedBy } = predicateOf().job;
const given = 'approvals.given.0';
const note = ['agent.note', 'worker', { text: 'late' }, 1] as const satisfies Happening;
const putIn = (at: number, made: (story: Happening[]) => Happening) =>
  rewritten((story) => {
    story.splice(at, 0, made(story));
  });
const verdictAgain = (story: Happening[]): Happening => [
  'verdict.decided',
  'engine',
  { ...payloadIn(story, 'verdict.decided'), verdictId: `vrd_${other26}`, outcome: 'fail' },
];
const rejection = (story: Happening[]): Happening => [
  'approval.answered',
  'eve',
  { ...payloadIn(story, 'approval.answered'), answer: 'reject' },
];
/** Given before the target moved or the policy changed, and changed back. */
const earlier = (story: Happening[]) =>
  Object.assign(payloadIn(story, 'approval.answered'), { promotionId: `prm_${other26}` });
const withoutCandidate = rewritten((story) => {
  story.splice(5, 1);
});
type List = unknown[];

const origins: Tampering[] = [
  ['another JobSpec', lie(set('job.specDigest', other64)), /^job: .*another JobSpec/],
  ['another requester', lie(set('job.requestedBy.id', `prn_${other26}`)), /^job: .*asked for the job/],
  ['another job', lie(set('job.id', `job_${other26}`)), /^job: .*was accepted/],
  ['another patch', lie(set('candidate.patch', `sha256:${other64}`)), /^candidate: .*does not follow/],
  ['another base commit', lie(set('base.commit', other40)), /^candidate: .*base commit/],
  ['another base tree', lie(set('base.tree', other40)), /^base: /],
  ['a candidate that was never made', withoutCandidate, /^candidate: .*does not know this/],
  ['a candidate on another base', said('candidate.created', 'base', other40), /^base: /],
  [
    'a generation that goes back',
    lie(make('leases', (was: List) => was.reverse())),
    /^lease: .* 1 follows one of 2/,
  ],
  [
    'a lease left out',
    lie(make('leases', (was: List) => was.slice(1))),
    /^lease: .*2 leases, the statement 1/,
  ],
  ['another worker', lie(set('leases.0.worker', 'x')), /^lease: .*does not know a lease/],
  ['another attempt', lie(set('leases.1.attemptId', `att_${other26}`)), /^lease: .*does not know a lease/],
  ['a late word of an old lease', putIn(5, () => note), /^lease: Event 6 has generation 1, after one of/],
];

const verdicts: Tampering[] = [
  ['no pass', lie(set('verdict.outcome', 'fail')), /^verdict: The verdict is fail, no pass/],
  ['an error', lie(set('verdict.outcome', 'error')), /^verdict: The verdict is error, no pass/],
  [
    'a fail in the history',
    said('verdict.decided', 'outcome', 'fail'),
    /^verdict: The history has .* as fail/,
  ],
  ['one that was never decided', lie(set('verdict.id', `vrd_${other26}`)), /^verdict: .*does not know/],
  ['another tree', said('verdict.decided', 'tree', other40), /^verdict: .*other trees/],
  ['another base tree', said('verdict.decided', 'baseTree', other40), /^verdict: .*other trees/],
  ['other gates', lie(set('verdict.gateSetDigest', other64)), /^verdict: .*other gates/],
  ['approvals it asked for', said('verdict.decided', 'approvalsNeeded', true), /^verdict: .*otherwise/],
  ['a later one', putIn(7, verdictAgain), /^verdict: A later verdict/],
  ['another policy', lie(set('policy.digest', other64)), /^policy: /],
  [
    'another policy in the history',
    said('verdict.decided', 'policyDigest', other64),
    /^policy: .*under policy b/,
  ],
  ['a gate left out', lie(make('verdict.gates', (was: List) => was.slice(1))), /^gates: .*size is missing/],
  [
    'a gate twice',
    lie(make('verdict.gates', (was: List) => [...was, was[0]])),
    /^gates: .*3 .*the statement 4/,
  ],
  [
    'another digest of a gate',
    lie(set('verdict.gates.2.digest', other64)),
    /^gates: .*symlink answered otherwise/,
  ],
  ['a gate that did not pass', lie(set('verdict.gates.0.answer', 'fail')), /^gates: Gate size answered/],
  ['a gate that failed', said('verdict.decided', 'failed', ['size']), /^gates: Gate size had to pass and/],
];

const promotions: Tampering[] = [
  ['another target', said('promotion.requested', 'target', 'release'), /^binding: .*another/],
  ['another level', lie(set('promotion.level', 'draft_pr')), /^binding: .*bound to another/],
  ['another binding', lie(set('approvals.bindingDigest', other64)), /^binding: .*bound to another/],
  ['a binding of the history', said('promotion.requested', 'bindingDigest', other64), /^binding: .*history/],
  [
    'a requester who approves',
    lie(set(`${given}.principal.id`, requestedBy.id)),
    /^approvals: .*had asked for/,
  ],
  [
    'an agent who approves',
    lie(set(`${given}.principal.kind`, 'agent')),
    /^approvals: .*no person: kind agent/,
  ],
  ['a worker who approves', lie(set(`${given}.principal.kind`, 'worker')), /^approvals: .*kind worker/],
  [
    'an approval of something else',
    lie(set(`${given}.bindingDigest`, other64)),
    /^approvals: .*something else/,
  ],
  [
    'an approval that had run out',
    lie(set(`${given}.expiresAt`, '2026-01-02T03:05:00.000Z')),
    /^approvals: .*had run out/,
  ],
  [
    'an approval given later',
    lie(set(`${given}.at`, '2026-01-02T03:05:00.001000Z')),
    /^approvals: .*after it/,
  ],
  [
    'an approval of nobody',
    lie(set(`${given}.principal.id`, `prn_${other26}`)),
    /^approvals: .*does not know/,
  ],
  [
    'an approval at no time',
    lie(set(`${given}.at`, '2026-01-02T03:00:07.000000Z')),
    /^approvals: .*not know/,
  ],
  ['a rejection in its place', said('approval.answered', 'answer', 'reject'), /^approvals: .*does not know/],
  ['a rejection beside it', putIn(9, rejection), /^approvals: eve rejected it/],
  [
    'an approval of an earlier promotion, of something else',
    rewritten((story) => Object.assign(earlier(story), { bindingDigest: other64 })),
    /^approvals: .*does not know/,
  ],
  [
    'an approval of an earlier promotion that was rejected since',
    rewritten((story) => {
      earlier(story);
      story.splice(9, 0, rejection(story));
    }),
    /^approvals: .*does not know/,
  ],
  ['an approval left out', lie(set('approvals.given', [])), /^approvals: 0 of 1/],
  [
    'a higher quorum',
    said('promotion.requested', 'quorum', 2),
    /^approvals: .*for 1 approvals, the history for 2/,
  ],
  [
    'a lower quorum',
    retold(set('approvals', { ...predicateOf().approvals, quorum: 0 })),
    /^approvals: .*for 0 app/,
  ],
  [
    'one person twice',
    retold(
      set('approvals.quorum', 2),
      make('approvals.given', (was: List) => [...was, ...was]),
    ),
    /^approvals: 1 of 2/,
  ],
  [
    'the person who asked, as the account that they are too',
    lie(set(`${given}.principal.person`, requestedBy.id)),
    /^approvals: bob .*had asked/,
  ],
  [
    'the account that asked, as the person behind it',
    lie(set('job.requestedBy.person', predicateOf().approvals.given[0]?.principal.id)),
    /^approvals: bob .*had asked/,
  ],
];

describe('what a proof says', () => {
  it('holds with an approval of an earlier promotion of the session that was bound to just the same', () => {
    expect(faultOf(rewritten((story) => void earlier(story)))).toBeUndefined();
  });
  it('counts whoever approved under two names once', () => {
    const carol = `prn_${other26}`;
    const story = happenings();
    const [type, , payload] = story[8]!;
    story.splice(9, 0, [type, carol, payload]);
    const predicate = predicateOf(story);
    const [bob] = predicate.approvals.given;
    const also = (person?: string) => ({
      ...bob!,
      at: predicate.history.session.events[9]!.at,
      principal: { ...bob!.principal, id: carol, ...(person !== undefined && { person }) },
    });
    const proven = (person?: string) =>
      faultOf(
        signProof(
          { ...predicate, approvals: { ...predicate.approvals, quorum: 2, given: [bob!, also(person)] } },
          [key],
        ),
      );
    expect(proven()).toBeUndefined();
    expect(proven(bob!.principal.id)).toMatch(/^approvals: 1 of 2/);
  });
  it.each(origins)('is refused with %s', (_, bytes, fault) => {
    expect(faultOf(bytes)).toMatch(fault);
  });
  it.each(verdicts)('is refused with a verdict that is or has %s', (_, bytes, fault) => {
    expect(faultOf(bytes)).toMatch(fault);
  });
  it.each(promotions)('is refused with %s', (_, bytes, fault) => {
    expect(faultOf(bytes)).toMatch(fault);
  });
});

describe('a proof beside a clone', () => {
  const { commit, base } = honestClone();
  const faults = (change: Partial<CommitFacts>) =>
    checkCommit(predicateOf(), { ...honestClone(), ...change })
      .filter(({ ok }) => !ok)
      .map(({ check }) => check);

  it('holds where the clone has the same', () => {
    expect(faults({})).toEqual([]);
  });

  it.each<[string, Partial<CommitFacts>, string]>([
    ['a commit that is not there', { commit: undefined }, 'commit'],
    ['another commit in its place', { commit: commit && { ...commit, id: other40 } }, 'commit'],
    ['another tree in the commit', { commit: commit && { ...commit, tree: other40 } }, 'tree'],
    ['another parent', { commit: commit && { ...commit, parents: [other40] } }, 'parent'],
    ['a parent more', { commit: commit && { ...commit, parents: [...commit.parents, other40] } }, 'parent'],
    ['no parent', { commit: commit && { ...commit, parents: [] } }, 'parent'],
    ['a base that is not there', { base: undefined }, 'base_commit'],
    ['another tree in the base', { base: base && { ...base, tree: other40 } }, 'base_commit'],
    ['a commit beside the base', { isOnBase: false }, 'base_commit'],
    ['damaged objects', { damage: 'One is another.' }, 'objects'],
  ])('names %s', (_, change, check) => {
    expect(faults(change)).toEqual([check]);
  });
});
