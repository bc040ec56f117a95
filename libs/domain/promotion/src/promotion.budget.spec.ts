import { describe, expect, it } from '@jest/globals';
import { overBudgetBecause } from './promotion.budget.js';

const policy = { openPullRequests: 1, requestsPerHour: 2 };
const facts = { repository: 'acme/widgets', requester: 'ada', open: 0, asked: 0 };

describe('the budget of reviewers', () => {
  it('is not used up before its last', () => {
    expect(overBudgetBecause(policy, { ...facts, asked: 1 })).toBeUndefined();
  });

  it.each([
    [{ open: 1 }, '1 draft pull request of acme/widgets is open, and policy allows 1.'],
    [{ open: 3 }, '3 draft pull requests of acme/widgets are open, and policy allows 1.'],
    [{ asked: 2 }, '2 draft pull requests were opened for ada within the last hour, and policy allows 2.'],
  ])('with %j says what uses it up', (more, says) => {
    expect(overBudgetBecause(policy, { ...facts, ...more })).toContain(says);
  });
});
