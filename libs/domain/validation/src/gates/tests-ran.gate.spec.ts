import { describe, expect, it } from '@jest/globals';
import { inShort } from '../facts.sample.js';
import { sampleTests, type SampleTests } from '../tests/tests.sample.js';
import { testsRan } from './tests-ran.gate.js';

const short = (tests: SampleTests): string => inShort(testsRan.check(sampleTests(tests)));

describe('tests-ran', () => {
  it.each<[string, SampleTests, string]>([
    ['as many', {}, 'pass'],
    ['more', { candidate: 'passed 5/0' }, 'pass'],
    ['a tenth fewer', { base: 'passed 10/0', candidate: 'passed 9/0' }, 'pass'],
    [
      'more than a tenth fewer',
      { base: 'passed 10/0', candidate: 'passed 8/0' },
      'inconclusive; tests.fewer',
    ],
    [
      'fewer since some are skipped',
      { base: 'passed 3/0', candidate: 'passed 2/0/1' },
      'inconclusive; tests.fewer',
    ],
    [
      'fewer than failed and passed before',
      { base: 'failed 1/9', candidate: 'passed 1/0' },
      'inconclusive; tests.fewer',
    ],
    ['fewer, as policy bears', { candidate: 'passed 1/0', rules: { fewerPercent: 70 } }, 'pass'],
    ['none', { candidate: 'passed 0/0' }, 'inconclusive; tests.none_ran'],
    [
      'none, as policy bears',
      { candidate: 'passed 0/0', rules: { fewerPercent: 100 } },
      'inconclusive; tests.none_ran',
    ],
    ['none but skipped ones', { candidate: 'passed 0/0/3' }, 'inconclusive; tests.none_ran'],
    ['who knows how many', { candidate: 'passed' }, 'inconclusive; tests.uncounted'],
    ['some, where nobody knows of the base', { base: 'failed' }, 'pass'],
    [
      'some that failed: not its matter',
      { candidate: 'failed 1/1', runs: null },
      'inconclusive; tests.not_asked',
    ],
    ['some, and no word of the base', { runs: null }, 'error; gate.fact_missing'],
    ['nobody knows', { candidate: null }, 'error; gate.fact_missing'],
    ['where nothing changes', { changes: [], candidate: null, restored: [] }, 'pass'],
  ])('of %s', (_, tests, expected) => expect(short(tests)).toBe(expected));

  it('says how many, and shows the output', () => {
    const [found] = testsRan.check(sampleTests({ base: 'passed 9/0', candidate: 'passed 2/0/7' })).findings;
    expect(found).toMatchObject({
      message: 'tests ran 2 tests and skipped 7; on the base it runs 9.',
      evidence: 'tests: passed 2/0/7',
    });
  });
});
