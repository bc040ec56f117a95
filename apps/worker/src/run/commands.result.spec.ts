import { describe, expect, it } from '@jest/globals';
import { CompleteAttempt, type CommandOutcome } from '@gatehouse/contracts';
import { fitting, type CommandsResult } from './commands.result.js';

const outcome = (tail: string): CommandOutcome => ({
  name: 'tests',
  outcome: 'failed',
  exitCode: 1,
  durationMs: 1,
  tail,
});
const result = (count: number, tail: string, hunks = 0): CommandsResult => {
  const list = Array.from({ length: count }, () => outcome(tail));
  const hunk = { path: 'p'.repeat(4000), startLine: 1, endLine: 1, noticed: true };
  return {
    kind: 'commands',
    commands: list,
    image: null,
    tests: {
      base: list,
      baseKnown: false,
      restored: [list, list],
      reverted: { whole: list, hunks: Array.from({ length: hunks }, () => hunk), left: 2 },
    },
  };
};

describe('fitting', () => {
  it('leaves alone what fits', () => {
    const small = result(2, 'x'.repeat(8000), 3);
    expect(fitting(small)).toEqual(small);
  });

  it.each([
    ['much output', result(30, 'x'.repeat(8000)), 2000],
    // Each of these is six bytes of JSON.
    ['output of control characters', result(50, '\u0001'.repeat(8000)), 400],
    ['hunks of endless names', result(50, 'x', 1000), 0],
  ])('keeps every outcome of %s, and less of the rest', (_, large, kept) => {
    const made = fitting(large);
    expect(Buffer.byteLength(JSON.stringify(made))).toBeLessThan(1024 * 1024);
    expect(made.commands[0]?.tail).toHaveLength(kept);
    expect(made.commands.map((each) => each.outcome)).toEqual(large.commands.map((each) => each.outcome));
    const { hunks = [], left = 0 } = made.tests?.reverted ?? {};
    expect(hunks.length + left).toBe((large.tests?.reverted?.hunks.length ?? 0) + 2);
    expect(CompleteAttempt.safeParse({ generation: 1, outcome: 'succeeded', result: made }).success).toBe(
      true,
    );
  });
});
