import { describe, expect, it } from '@jest/globals';
import { phaseOf, type PhaseFacts } from './session.js';

const facts = (given: Partial<PhaseFacts>): PhaseFacts => ({
  state: 'created',
  outcome: null,
  handedIn: false,
  promotion: null,
  promotedLevel: null,
  isPullOpen: false,
  ...given,
});

describe('the phase of a job', () => {
  it.each<[string, Partial<PhaseFacts>]>([
    ['pending', { state: 'created' }],
    ['pending', { state: 'spawning' }],
    ['running', { state: 'running' }],
    ['suspended', { state: 'suspended', handedIn: true }],
    ['suspended', { state: 'suspended', handedIn: true, promotion: 'discarded' }],
    ['validating', { state: 'idle', handedIn: true }],
    ['awaiting_approval', { state: 'idle', promotion: 'awaiting_approval' }],
    ['promoting', { state: 'idle', promotion: 'pending' }],
    ['promoting', { state: 'idle', promotion: 'running' }],
    ['promoting', { state: 'idle', promotion: 'errored' }],
    ['promoting', { state: 'idle', promotion: 'succeeded', promotedLevel: 'branch' }],
    ['in_review', { state: 'idle', promotion: 'succeeded', isPullOpen: true }],
    ['in_review', { state: 'idle', promotion: 'failed', isPullOpen: true }],
    ['running', { state: 'running', promotion: 'succeeded', isPullOpen: true }],
    ['promoting', { state: 'idle', promotion: 'pending', isPullOpen: true }],
    ['validating', { state: 'idle', promotion: 'discarded', isPullOpen: true }],
    ['promoted', { state: 'ended', outcome: 'succeeded', promotion: 'succeeded', promotedLevel: 'draft_pr' }],
    ['promoted', { state: 'ended', outcome: 'succeeded', promotion: 'succeeded', promotedLevel: 'branch' }],
    ['stored', { state: 'ended', outcome: 'succeeded', promotion: 'succeeded', promotedLevel: 'patch' }],
    ['stored', { state: 'ended', outcome: 'succeeded' }],
    ['noop', { state: 'ended', outcome: 'noop' }],
    ['refused', { state: 'ended', outcome: 'failed', handedIn: true }],
    ['refused', { state: 'ended', outcome: 'failed', handedIn: true, promotion: 'aborted' }],
    ['failed', { state: 'ended', outcome: 'failed' }],
    ['errored', { state: 'ended', outcome: 'errored', handedIn: true }],
    ['cancelled', { state: 'ended', outcome: 'cancelled', promotion: 'aborted' }],
  ])('is %s for %j', (phase, given) => {
    expect(phaseOf(facts(given))).toBe(phase);
  });
});
