import { describe, expect, it } from '@jest/globals';
import { inShort } from '../facts.sample.js';
import { sampleTests, type SampleTests } from '../tests/tests.sample.js';
import { baseTests } from './base-tests.gate.js';

const short = (tests: SampleTests): string => inShort(baseTests.check(sampleTests(tests)));
const after = (restored: string, base = 'passed 3/0', more: SampleTests = {}): SampleTests => ({
  restored: [restored],
  base,
  ...more,
});
const declared = { regressions: ['tests'] };

describe('base-tests', () => {
  it.each<[string, SampleTests, string]>([
    ['pass', after('passed 3/0'), 'pass'],
    ['pass, uncounted', after('passed', 'passed'), 'pass'],
    ['fail', after('failed 2/1 failed failed'), 'fail; tests.base_regressed'],
    ['fail, uncounted', after('failed', 'passed'), 'fail; tests.base_regressed'],
    ['hang', after('timeout'), 'fail; tests.base_regressed'],
    [
      'fail, and the job said so',
      after('failed 2/1', 'passed 3/0', declared),
      'pass; tests.regression_declared',
    ],
    [
      'fail, and the job spoke of another',
      after('failed', 'passed', { regressions: ['lint'] }),
      'fail; tests.base_regressed',
    ],
    ['are flaky', after('failed 2/1 passed'), 'inconclusive; tests.flaky'],
    [
      'are flaky, and the job declared failures',
      after('failed 2/1 passed', 'passed', declared),
      'inconclusive; tests.flaky',
    ],
    [
      'fail, and are flaky on the base',
      after('failed 2/1', 'failed 2/1 passed'),
      'inconclusive; tests.flaky',
    ],
    ['pass, and are flaky on the base', after('passed 3/0', 'failed 2/1 passed'), 'pass'],
    ['are cut off', after('error'), 'inconclusive; tests.base_not_run'],
    ['fail, and were cut off on the base', after('failed', 'error'), 'inconclusive; tests.base_not_run'],
    ['run one fewer of many', after('passed 19/0/1', 'passed 20/0'), 'pass; tests.base_fewer'],
    ['run many fewer', after('passed 1/0', 'passed 3/0'), 'inconclusive; tests.base_fewer'],
    ['pass where they failed before', after('passed 3/0', 'failed 2/1'), 'pass'],
    ['fail as before', after('failed 2/1', 'failed 2/1'), 'pass; tests.base_red'],
    ['fail more than before', after('failed 1/2', 'failed 2/1'), 'fail; tests.base_regressed'],
    ['fail like before, as far as one can tell', after('failed', 'failed'), 'pass; tests.base_red'],
    ['were not run', { restored: [] }, 'error; gate.fact_missing'],
    ['are as they were', { changes: [{ path: 'src/a.ts', oldMode: '100644' }] }, 'pass'],
    ['were not asked', { candidate: 'failed', runs: null }, 'inconclusive; tests.not_asked'],
    [
      'fail by one of two lists',
      { rules: { files: ['src/**'] }, restored: ['failed 2/1'] },
      'fail; tests.base_regressed',
    ],
  ])('that %s', (_, tests, expected) => expect(short(tests)).toBe(expected));

  it('asks a person where both fail and nobody counted, and only warns where the counts are equal', () => {
    const severity = (tests: SampleTests) => baseTests.check(sampleTests(tests)).findings[0]?.severity;
    expect(severity(after('failed', 'failed'))).toBe('require_approval');
    expect(severity(after('failed 2/1', 'failed 2/1'))).toBe('warn');
    expect(severity(after('failed', 'passed', declared))).toBe('require_approval');
    expect(severity(after('passed 19/0/1', 'passed 20/0'))).toBe('require_approval');
  });
});
