import { problemResponse, sampleIds, samplePromotion } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

describe('promotions', () => {
  it('binds an answer to the candidate that was there', async () => {
    const { code, requests } = await run(['promotion', 'approve', sampleIds.promotion, '--reason', 'fine'], {
      handlers: { 'promotions.get': () => samplePromotion(), 'approvals.answer': () => samplePromotion() },
    });
    expect(code).toBe(0);
    expect(requests[1]?.body).toEqual({
      answer: 'approve',
      candidateId: sampleIds.candidate,
      reason: 'fine',
    });
  });

  it('says 4 to those who approve their own work', async () => {
    const { code } = await run(
      ['promotion', 'approve', sampleIds.promotion, '--candidate', sampleIds.candidate],
      {
        handlers: {
          'approvals.answer': () => problemResponse('approval.own_work', 'It is yours. Ask another person.'),
        },
      },
    );
    expect(code).toBe(4);
  });
});
