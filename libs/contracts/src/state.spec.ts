import { describe, expect, it } from '@jest/globals';
import { capabilityStates, leaseStates } from './capability.js';
import { promotionStates } from './promotion.js';
import { scheduleStates } from './schedule.js';
import { attemptStates, sessionStates } from './session.js';
import { canMove, isTerminal, statesBefore, statesOf, type StateTable } from './state.js';

/** Written out by hand from the product's state machines: a change of a table has to be made here as well. */
const machines: Record<
  string,
  { table: StateTable<string>; initial: string; moves: Record<string, string[]> }
> = {
  session: {
    table: sessionStates as StateTable<string>,
    initial: 'created',
    moves: {
      created: ['spawning', 'suspended', 'terminating'],
      spawning: ['running', 'suspended', 'terminating'],
      running: ['idle', 'waiting', 'correcting', 'suspended', 'terminating'],
      idle: ['running', 'correcting', 'suspended', 'terminating'],
      waiting: ['running', 'suspended', 'terminating'],
      correcting: ['running', 'suspended', 'terminating'],
      suspended: ['running', 'terminating'],
      terminating: ['ended'],
      ended: [],
    },
  },
  attempt: {
    table: attemptStates as StateTable<string>,
    initial: 'queued',
    moves: {
      queued: ['leased', 'errored', 'cancelled'],
      leased: ['running', 'failed', 'errored', 'cancelled', 'fenced'],
      running: ['uploading', 'failed', 'errored', 'cancelled', 'fenced'],
      uploading: ['succeeded', 'noop', 'failed', 'errored', 'cancelled', 'fenced'],
      succeeded: [],
      noop: [],
      failed: [],
      errored: [],
      cancelled: [],
      fenced: [],
    },
  },
  lease: {
    table: leaseStates as StateTable<string>,
    initial: 'active',
    moves: { active: ['released', 'expired', 'revoked'], released: [], expired: [], revoked: [] },
  },
  capability: {
    table: capabilityStates as StateTable<string>,
    initial: 'registering',
    moves: {
      registering: ['ready', 'down'],
      ready: ['draining', 'cordoned', 'disconnected', 'down'],
      draining: ['ready', 'disconnected', 'down'],
      cordoned: ['ready', 'disconnected', 'down'],
      disconnected: ['ready', 'down'],
      down: ['registering'],
    },
  },
  schedule: {
    table: scheduleStates as StateTable<string>,
    initial: 'active',
    moves: { active: ['paused', 'ended'], paused: ['active', 'ended'], ended: [] },
  },
  promotion: {
    table: promotionStates as StateTable<string>,
    initial: 'pending',
    moves: {
      pending: ['awaiting_approval', 'running', 'aborted', 'discarded'],
      awaiting_approval: ['pending', 'aborted', 'discarded'],
      running: ['succeeded', 'failed', 'errored', 'discarded'],
      succeeded: [],
      failed: [],
      errored: ['pending'],
      aborted: [],
      discarded: [],
    },
  },
};

describe.each(Object.entries(machines))('%s', (_, { table, initial, moves }) => {
  const states = Object.keys(moves);
  const pairs = states.flatMap((from) => states.map((to) => [from, to] as const));

  it('has these states and begins here', () => {
    expect(statesOf(table).sort()).toEqual([...states].sort());
    expect(table.initial).toBe(initial);
  });

  it.each(pairs)('%s → %s', (from, to) => {
    expect(canMove(table, from, to)).toBe(moves[from]?.includes(to));
  });

  it('names only its own states, none twice, and says what each means', () => {
    for (const state of states) {
      const { to, summary } = table.states[state]!;
      expect(new Set(to).size).toBe(to.length);
      expect(to.filter((next) => !states.includes(next))).toEqual([]);
      expect(summary).toMatch(/\S/);
    }
  });

  it('reaches every state from its first, and an end from every state', () => {
    const reach = (from: string): Set<string> => {
      const seen = new Set([from]);
      for (const state of seen) table.states[state]!.to.forEach((next) => seen.add(next));
      return seen;
    };
    expect([...reach(initial)].sort()).toEqual([...states].sort());
    const ends = states.filter((state) => isTerminal(table, state));
    // A capability is never over: a worker that is down may register again.
    if (initial === 'registering') expect(ends).toEqual([]);
    else for (const state of states) expect(ends.some((end) => reach(state).has(end))).toBe(true);
  });

  it('knows what comes before each state', () => {
    for (const to of states) {
      expect(statesBefore(table, to).sort()).toEqual(
        states.filter((from) => moves[from]?.includes(to)).sort(),
      );
    }
  });
});
