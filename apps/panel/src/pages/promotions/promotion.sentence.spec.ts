import { describe, expect, it } from '@jest/globals';
import { aPromotion } from '../../testing.js';
import { causeWords, promotionSentence, queueReason } from './promotion.sentence.js';

describe('queueReason', () => {
  const cause = {
    reason: 'Policy asks.',
    rule: null,
    layer: null,
    gate: null,
    code: null,
    paths: [],
    morePaths: 0,
  };

  it('counts people as the server does, not the answers under their names', () => {
    const waiting = aPromotion({ state: 'awaiting_approval', quorum: 2, approvalsGiven: 1 });
    expect(queueReason(waiting)).toContain('1 more approval is needed');
    expect(queueReason({ ...waiting, approvalsGiven: 0 })).toContain('2 more approvals are needed');
  });

  it('says why a person is asked, and of everything else where it is', () => {
    const waiting = aPromotion({ state: 'awaiting_approval', askedBecause: [cause, cause] });
    expect(queueReason(waiting)).toBe('Policy asks. And 1 more reason.');
    const quorum = { ...cause, rule: 'promotion.approvals.quorum' };
    expect(queueReason({ ...waiting, askedBecause: [quorum] })).toMatch(/^Policy wants a person/);
    expect(queueReason({ ...waiting, state: 'pending' })).toBe('Waits for its turn in the lane.');
  });
});

describe('promotionSentence', () => {
  it('says of a published change what people have made of its pull request', () => {
    const pullRequest = {
      ...{ id: 'plr_01K00000000000000000000000', sessionId: 'ses_01K00000000000000000000000' },
      ...{ repository: 'acme/widgets', number: 7, url: 'https://github.com/acme/widgets/pull/7' },
      ...{ branch: 'gatehouse/x', target: 'main', head: 'a'.repeat(40), state: 'open' as const, draft: true },
      ...{ mergedCommit: null, openedAt: '2026-01-01T00:00:00.000Z', closedAt: null },
    };
    const said = (change: Partial<typeof pullRequest> | { state: 'merged' | 'closed' }) =>
      promotionSentence(aPromotion({ state: 'succeeded', pullRequest: { ...pullRequest, ...change } }));
    expect(said({})).toMatch(/^Published as the draft pull request 7, .* main was not touched\.$/);
    expect(said({ draft: false })).toMatch(/^Published as the pull request 7/);
    expect(said({ state: 'merged' })).toBe('A person merged it into main, as pull request 7.');
    expect(said({ state: 'closed' })).toMatch(/closed .* without merging/);
  });
});

describe('causeWords', () => {
  const nothing = { reason: '', rule: null, layer: null, gate: null, code: null, paths: [], morePaths: 0 };

  it('names rule and layer of what the policy asks', () => {
    const layer = { layer: 'organisation' as const, name: 'acme' };
    expect(causeWords({ ...nothing, rule: 'eyes', layer })).toBe('rule eyes, organisation policy acme');
  });

  it('names gate, code and paths of what was found', () => {
    const found = {
      ...nothing,
      gate: 'licence-header',
      code: 'licence.new',
      paths: ['a', 'b'],
      morePaths: 2,
    };
    expect(causeWords(found)).toBe('gate licence-header, licence.new: a, b and 2 more');
  });
});
