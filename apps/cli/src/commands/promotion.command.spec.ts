import { problemResponse, sampleIds, samplePromotion } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

describe('promotions', () => {
  it.each(['promotion', 'approval'])('binds an answer to the candidate that was there: %s', async (noun) => {
    const { code, requests } = await run([noun, 'approve', sampleIds.promotion, '--reason', 'fine'], {
      handlers: { 'promotions.get': () => samplePromotion(), 'approvals.answer': () => samplePromotion() },
    });
    expect(code).toBe(0);
    expect(requests[1]?.body).toEqual({
      answer: 'approve',
      candidateId: sampleIds.candidate,
      reason: 'fine',
    });
  });

  it('lists who answered what, and until when it counts', async () => {
    const answer = {
      ...{ id: `apr_${'0'.repeat(26)}`, promotionId: sampleIds.promotion, answer: 'approve', reason: 'fine' },
      ...{ createdAt: '2026-01-02T03:04:05.678Z', expiresAt: '2026-01-03T03:04:05.678Z' },
      principal: { id: sampleIds.principal, name: 'grace' },
    };
    const { stdout, requests } = await run(['approval', 'list', sampleIds.promotion], {
      handlers: { 'approvals.list': () => ({ items: [answer] }) },
    });
    expect(stdout).toMatch(/approve +grace +\S+ +2026-01-03T03:04:05.678Z .* fine$/m);
    expect(requests[0]).toMatchObject({ name: 'approvals.list', params: { id: sampleIds.promotion } });
  });

  it('says by whose rule people are asked, and on which paths', async () => {
    const waiting = samplePromotion({
      state: 'awaiting_approval',
      quorum: 1,
      result: null,
      askedBecause: [
        {
          reason: 'The rule eyes of the repository policy widgets asks.\u001b[2K',
          rule: 'eyes',
          layer: { layer: 'repository', name: 'widgets' },
          gate: 'policy-rules',
          code: 'rule.asks',
          paths: ['src/a.ts'],
          morePaths: 3,
        },
      ],
    });
    const shown = await run(['promotion', 'show', sampleIds.promotion], {
      handlers: { 'promotions.get': () => waiting },
    });
    expect(shown.stdout).toContain(
      [
        '  asks: The rule eyes of the repository policy widgets asks.',
        '        rule eyes, repository policy widgets, gate policy-rules, rule.asks',
        '        - src/a.ts',
        '        and 3 more, see gatehouse candidate gates',
      ].join('\n'),
    );
    const listed = await run(['promotion', 'list'], {
      handlers: { 'promotions.list': () => ({ items: [waiting], next: null }) },
    });
    expect(listed.stdout).toContain('asked: The rule eyes of the repository policy widgets asks.');
  });

  it('says beforehand whether an answer would be taken, in the words of the server', async () => {
    const shown = async (change: Parameters<typeof samplePromotion>[0]) => {
      const promotion = samplePromotion({ state: 'awaiting_approval', ...change });
      const handlers = { 'promotions.get': () => promotion };
      return (await run(['promotion', 'show', sampleIds.promotion], { handlers })).stdout;
    };
    expect(await shown({})).toMatch(/^your answer: +is waited for$/m);
    const answerRefused = { code: 'approval.own_work', message: 'You asked for this job.' };
    expect(await shown({ answerRefused })).toMatch(
      /^your answer: +refused: You asked for this job\. \[approval\.own_work\]$/m,
    );
    expect(await shown({ state: 'succeeded', answerRefused })).not.toContain('your answer');
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
