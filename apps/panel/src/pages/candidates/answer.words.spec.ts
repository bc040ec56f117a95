import { describe, expect, it } from '@jest/globals';
import { promotionStates, type GateResult, type PromotionState } from '@gatehouse/contracts';
import { aCandidate, aJob, aPromotion, aVerdict } from '../../testing.js';
import { answerOf, type Known } from './answer.words.js';

const gate = (answer: GateResult['answer'], more: Partial<GateResult> = {}): GateResult => ({
  gate: 'secrets',
  part: 'static',
  summary: 'Secrets',
  answer,
  findings: [
    {
      code: 'secret.token',
      severity: 'block',
      message: 'The line shows a credential.',
      next: 'Take it out.',
      path: 'a.ts',
      startLine: 2,
    },
  ],
  ...more,
});
const known = (more: Partial<Known>): Known => ({
  candidate: aCandidate({ state: 'pass', verdict: aVerdict() }),
  promotion: undefined,
  job: aJob(),
  ...more,
});
const refused = aCandidate({ state: 'fail', verdict: aVerdict({ outcome: 'fail', gates: [gate('fail')] }) });

describe('answerOf', () => {
  it('says of a refusal where, why, what to do and who can', () => {
    expect(answerOf(known({ candidate: refused }))).toMatchObject({
      title: 'Refused: nothing was published',
      why: 'The line shows a credential (a.ts:2).',
      found: { id: 'secrets-0' },
      next: 'Take it out. Then ask for the change again.',
      who: 'bob, or anybody else who may ask for changes.',
    });
  });

  it('says the smallest repair where there is one', () => {
    const repair = { drop: ['a.ts'], others: 0, approvals: [], sentence: 'Leave out this file.' };
    const candidate = { ...refused, verdict: { ...refused.verdict!, repair } };
    expect(answerOf(known({ candidate })).next).toMatch(/^Leave out this file\. Then/);
  });

  it('names no problem of a check that is only tried out', () => {
    const verdict = aVerdict({
      outcome: 'fail',
      gates: [gate('fail', { staged: true }), gate('fail', { gate: 'b' })],
    });
    expect(answerOf(known({ candidate: aCandidate({ state: 'fail', verdict }) })).found?.id).toBe('b-0');
  });

  it('sends what bait stopped to an operator, not to another try', () => {
    const answer = answerOf(known({ candidate: refused, job: aJob({ phase: 'suspended' }) }));
    expect(answer.title).toMatch(/stopped/);
    expect(answer.who).toMatch(/^An operator/);
    expect(answer.next).not.toMatch(/again/);
  });

  it('says of what waits how many have to answer, why, and who may not', () => {
    const cause = {
      reason: 'Policy asks.',
      rule: null,
      layer: null,
      gate: null,
      code: null,
      paths: [],
      morePaths: 0,
    };
    const promotion = aPromotion({ state: 'awaiting_approval', quorum: 2, askedBecause: [cause, cause] });
    expect(answerOf(known({ promotion }))).toMatchObject({
      title: 'Passed every check, and waits for a person',
      why: '2 more approvals are needed before anything is published. Policy asks. There is 1 more reason.',
      who: 'Anybody with the role approver but bob, who asked for it.',
    });
  });

  it('does not call passed what is published already', () => {
    const result = { branch: 'gatehouse/x', commit: 'abc1234567890'.padEnd(40, '0'), tree: 'a'.repeat(40) };
    const answer = answerOf(known({ promotion: aPromotion({ state: 'succeeded', result }) }));
    expect(answer.title).toBe('Promoted as abc1234567, on a branch of its own');
    expect(answer.look.label).toBe('Published');
  });

  it('leads to the pull request, and says when people are done with it', () => {
    const oid = 'abc1234567890'.padEnd(40, '0');
    const pullRequest = {
      id: 'pul_01K00000000000000000000000',
      sessionId: 'ses_01K00000000000000000000000',
      repository: 'acme/widgets',
      number: 7,
      url: 'https://forge.example/acme/widgets/pull/7',
      branch: 'gatehouse/x',
      target: 'main',
      head: oid,
      state: 'open' as const,
      draft: true,
      mergedCommit: null,
      openedAt: '2026-01-01T00:00:00.000Z',
      closedAt: null,
    };
    const result = { branch: 'gatehouse/x', commit: oid, tree: oid };
    const of = (more: Partial<typeof pullRequest> | { state: 'merged' | 'closed' }) =>
      answerOf(
        known({
          promotion: aPromotion({
            state: 'succeeded',
            level: 'draft_pr',
            result,
            pullRequest: { ...pullRequest, ...more },
          }),
        }),
      );
    expect(of({}).title).toBe('Promoted as abc1234567, in the draft pull request 7');
    expect(of({ state: 'merged' }).title).toBe('Merged into main');
    expect(of({ state: 'closed' })).toMatchObject({ next: 'Nothing.', who: 'Nobody has to.' });
  });

  it('gives a rejection with the words of who rejected', () => {
    const approval = {
      id: 'apr_01K00000000000000000000000',
      promotionId: 'prm_01K00000000000000000000000',
      principal: { id: 'prn_01K00000000000000000000000', name: 'ann' },
      answer: 'reject' as const,
      reason: 'Not now',
      createdAt: '2026-01-01T00:00:00.000Z',
      expiresAt: '2026-01-02T00:00:00.000Z',
    };
    const promotion = aPromotion({ state: 'aborted', approvals: [approval] });
    expect(answerOf(known({ promotion }))).toMatchObject({
      title: 'Rejected by ann: nothing was published',
      why: '“Not now”',
    });
  });

  it('has all four for every state', () => {
    const states = Object.keys(promotionStates.states) as PromotionState[];
    const all = [
      ...states.map((state) => known({ promotion: aPromotion({ state }) })),
      ...(['judging', 'pass', 'fail', 'error', 'inconclusive', 'noop'] as const).map((state) =>
        known({ candidate: aCandidate({ state }), job: undefined }),
      ),
    ];
    for (const one of all) {
      const { title, why, next, who } = answerOf(one);
      for (const text of [title, why, next, who]) expect(text).toMatch(/^[A-Za-z0-9“].*[a-z.”]$/s);
    }
  });
});
