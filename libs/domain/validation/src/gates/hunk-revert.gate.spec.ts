import { describe, expect, it } from '@jest/globals';
import { inShort } from '../facts.sample.js';
import { sampleOutcome, sampleTests, type SampleTests } from '../tests/tests.sample.js';
import { hunkRevert } from './hunk-revert.gate.js';

const on = { hunkRevert: true };
const check = (tests: SampleTests) => hunkRevert.check(sampleTests({ rules: on, ...tests }));
const undone = (said: string, hunks: { noticed: boolean }[] = [], left = 0): SampleTests => ({
  reverted: {
    whole: [sampleOutcome(said)],
    hunks: hunks.map(({ noticed }, i) => ({ path: 'src/a.ts', startLine: i + 1, endLine: i + 3, noticed })),
    left,
  },
});

describe('hunk-revert', () => {
  it.each<[string, SampleTests, string]>([
    ['whose tests fail without it', undone('failed 2/1 failed'), 'pass'],
    ['whose tests hang without it', undone('timeout'), 'pass'],
    ['whose tests pass without it', undone('passed 3/0'), 'pass; tests.prove_nothing'],
    ['whose tests are flaky without it', undone('failed 2/1 passed'), 'inconclusive; tests.undone_unclear'],
    ['whose tests were cut off', undone('error'), 'inconclusive; tests.undone_unclear'],
    [
      'whose tests fail without it as they failed before',
      { ...undone('failed 2/1'), base: 'failed 2/1' },
      'inconclusive; tests.undone_unclear',
    ],
    ['of which more fails without it than before', { ...undone('failed 1/2'), base: 'failed 2/1' }, 'pass'],
    [
      'of which a part goes unnoticed',
      undone('failed', [{ noticed: true }, { noticed: false }], 2),
      'pass; tests.hunks_left; tests.hunk_unnoticed src/a.ts',
    ],
    ['that nobody undid', {}, 'error; gate.fact_missing'],
    ['without tests', { changes: [{ path: 'src/a.ts' }] }, 'pass; tests.none_changed'],
    [
      'that only takes tests away',
      { changes: [{ path: 'a.ts' }, { path: 'a.test.ts', oldMode: '100644', newMode: '000000' }] },
      'pass; tests.none_changed',
    ],
    ['of tests alone', { changes: [{ path: 'a.test.ts' }] }, 'pass'],
    ['of words for people', { changes: [{ path: 'docs/a.md' }] }, 'pass'],
    ['that policy does not ask about', { rules: {} }, 'pass'],
  ])('of a change %s', (_, tests, expected) => expect(inShort(check(tests))).toBe(expected));

  it('asks a person where the tests prove nothing, and names the lines that no test notices', () => {
    expect(check(undone('passed 3/0')).findings[0]?.severity).toBe('require_approval');
    expect(check({ changes: [{ path: 'src/a.ts' }] }).findings[0]?.severity).toBe('require_approval');
    expect(check(undone('failed', [{ noticed: false }])).findings[0]).toMatchObject({
      severity: 'warn',
      startLine: 1,
      endLine: 3,
    });
  });
});
