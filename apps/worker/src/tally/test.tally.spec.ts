import { describe, expect, it } from '@jest/globals';
import { TestTally } from './test.tally.js';

const tally = (output: string, stream: 'stdout' | 'stderr' = 'stdout') => {
  const tests = new TestTally();
  // In pieces that cut lines and characters where nobody would.
  const bytes = Buffer.from(output);
  for (let at = 0; at < bytes.length; at += 7) tests.push(stream, bytes.subarray(at, at + 7));
  const counts = tests.counts();
  return counts === null ? null : `${counts.format} ${counts.passed}/${counts.failed}/${counts.skipped}`;
};

describe('TestTally', () => {
  it.each([
    [
      'node, tap',
      'TAP version 13\n# Subtest: a\nok 1 - a\n  ---\n  ...\n1..1\n# tests 4\n# suites 0\n# pass 2\n# fail 1\n# cancelled 0\n# skipped 1\n# todo 0\n# duration_ms 4\n',
      'node 2/1/1',
    ],
    [
      'node, spec',
      '✔ a (1ms)\nℹ tests 2\nℹ pass 2\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n',
      'node 2/0/0',
    ],
    ['node, nothing', '1..0\n# tests 0\n# pass 0\n# fail 0\n# skipped 0\n', 'node 0/0/0'],
    ['tape', 'TAP version 13\n# a\nok 1 x\nok 2 y\n\n1..2\n# tests 2\n# pass  2\n\n# ok\n', 'node 2/0/0'],
    ['bats', '1..3\nok 1 a\nnot ok 2 b\n# why\nok 3 c # skip no reason\n', 'tap 1/1/1'],
    ['tap of nothing', '1..0\n', 'tap 0/0/0'],
    [
      'jest',
      'Test Suites: 1 failed, 2 passed, 3 total\n\u001b[1mTests:       \u001b[22m1 failed, 2 skipped, 3 todo, 10 passed, 16 total\nTime: 1 s\n',
      'jest 10/1/5',
    ],
    [
      'vitest',
      ' Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 2 passed | 1 skipped (4)\n',
      'vitest 2/1/1',
    ],
    ['mocha', '\n  10 passing (12ms)\n  2 pending\n  1 failing\n\n  1) fails\n', 'mocha 10/1/2'],
    [
      'pytest',
      '..F\n=== 1 failed, 2 passed, 1 skipped, 4 xfailed, 2 warnings, 1 error in 0.12s ===\n',
      'pytest 2/2/5',
    ],
    ['pytest -q', '2 passed in 0.01s\n', 'pytest 2/0/0'],
    ['pytest of nothing', '===== no tests ran in 0.01s =====\n', 'pytest 0/0/0'],
    ['unittest', 'Ran 5 tests in 0.001s\n\nFAILED (failures=1, errors=1, skipped=1)\n', 'unittest 2/2/1'],
    ['unittest, well', 'Ran 1 test in 0.001s\n\nOK\n', 'unittest 1/0/0'],
    [
      'go -v',
      '=== RUN TestA\n--- PASS: TestA (0.00s)\n    --- SKIP: TestA/b (0.00s)\n--- FAIL: TestC (0.00s)\nok  \tx/y\t0.1s\n',
      'go 1/1/1',
    ],
    [
      'go -json',
      '{"Time":"t","Action":"run","Package":"x","Test":"TestA"}\n{"Time":"t","Action":"pass","Package":"x","Test":"TestA","Elapsed":0}\n{"Action":"pass","Package":"x"}\n',
      'go 1/0/0',
    ],
    [
      'go',
      'ok  \tx/y\t0.1s\nFAIL\tx/z\t0.1s\n?   \tx/q\t[no test files]\nok  \tx/n\t0.1s [no tests to run]\n',
      'go packages 1/1/0',
    ],
    ['go of nothing', '?   \tx/q\t[no test files]\n', 'go packages 0/0/0'],
    [
      'cargo',
      'running 3 tests\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured\n',
      'cargo 4/2/1',
    ],
    ['nextest', '     Summary [   0.123s] 3 tests run: 2 passed, 1 failed, 4 skipped\n', 'nextest 2/1/4'],
    [
      'maven',
      '[INFO] Tests run: 2, Failures: 0, Errors: 0, Skipped: 0, Time elapsed: 0.1 s\n[INFO] Tests run: 5, Failures: 1, Errors: 1, Skipped: 1\n',
      'maven 2/2/1',
    ],
    ['rspec', '10 examples, 1 failure, 2 pending\n', 'rspec 7/1/2'],
    ['phpunit', 'Tests: 3, Assertions: 5, Failures: 1, Skipped: 1.\n', 'phpunit 1/1/1'],
    ['phpunit, well', 'OK (3 tests, 5 assertions)\n', 'phpunit 3/0/0'],
    [
      'dotnet',
      'Passed!  - Failed:     0, Passed:     5, Skipped:     1, Total:     6, Duration: 8 ms\r\n',
      'dotnet 5/0/1',
    ],
    [
      'two runners',
      'Tests:       2 passed, 2 total\ntest result: ok. 3 passed; 0 failed; 0 ignored\n',
      'cargo+jest 5/0/0',
    ],
    [
      'one runner twice',
      'Tests:       2 passed, 2 total\nTests:       1 skipped, 1 passed, 2 total\n',
      'jest 3/0/1',
    ],
  ])('reads %s', (_, output, expected) => {
    expect(tally(output)).toBe(expected);
    expect(tally(output, 'stderr')).toBe(expected);
    expect(tally(output.trimEnd())).toBe(expected);
  });

  it.each([
    '',
    'all good\n',
    'ok\nok 1\nnot ok\n',
    'Tests: fine\n',
    `${'x'.repeat(5000)}1 passed in 1s\n`,
    '12 passing thoughts\n',
  ])('says that it does not know of %j', (output) => expect(tally(output)).toBeNull());

  it('puts a character together that came in two pieces', () => {
    const tests = new TestTally();
    for (const byte of Buffer.from('ℹ pass 2\n')) tests.push('stdout', Buffer.from([byte]));
    expect(tests.counts()).toMatchObject({ passed: 2 });
  });

  it('bears an endless line and goes on after it', () => {
    const tests = new TestTally();
    for (let i = 0; i < 200; i++) tests.push('stdout', Buffer.from('1 '.repeat(5000)));
    tests.push('stdout', Buffer.from('\n2 passed in 0.1s\n'));
    expect(tests.counts()).toEqual({ passed: 2, failed: 0, skipped: 0, format: 'pytest' });
  });
});
