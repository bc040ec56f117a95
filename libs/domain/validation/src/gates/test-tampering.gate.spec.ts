import { describe, expect, it } from '@jest/globals';
import { sampleFacts, type SampleChange } from '../facts.sample.js';
import { testTampering } from './test-tampering.gate.js';

const codes = (...changes: SampleChange[]): string[] => {
  const { answer, findings } = testTampering.check(sampleFacts({ changes }));
  expect(answer).toBe('pass');
  return findings.map(
    ({ code, startLine }) => `${code.replace('test.', '')}${startLine === undefined ? '' : `:${startLine}`}`,
  );
};
const edit = (path: string, oldText: string, text: string): SampleChange => ({
  ...{ path, oldMode: '100644', oldText, text },
});
const gone = (path: string, oldText: string): SampleChange => ({
  ...{ path, oldMode: '100644', newMode: '000000', oldText },
});

describe('test-tampering: marks', () => {
  it.each([
    ['a.spec.ts', "it.skip('x', () => {", 'skip'],
    ['a.spec.ts', "describe.skip('x', () => {", 'skip'],
    ['a.test.js', "  xit('x', () => {", 'skip'],
    ['a.test.js', "  test.todo('x')", 'skip'],
    ['a.test.js', "  it.only('x', () => {", 'only'],
    ['a.test.js', "fdescribe('x', () => {", 'only'],
    ['a.test.js', "test.failing('x', () => {", 'expected_failure'],
    ['a.test.js', 'jest.retryTimes(3);', 'retried'],
    ['tests/test_a.py', '@pytest.mark.skip(reason="x")', 'skip'],
    ['a.test.js', "test['skip']('x', () => {", 'skip'],
    ['a.test.js', "test.runIf(false)('x', () => {", 'skip'],
    ['a.test.js', 'process.exit(0);', 'masked'],
    ['tests/test_a.py', '__test__ = False', 'skip'],
    ['tests/test_a.py', 'collect_ignore = ["test_b.py"]', 'skip'],
    ['pkg/a_test.go', '//go:build ignore', 'skip'],
    ['pkg/a_test.go', '\tos.Exit(0)', 'masked'],
    ['tests/a.rs', '#[cfg(any())]', 'skip'],
    ['tests/test_a.py', '@pytest.mark.xfail', 'expected_failure'],
    ['tests/test_a.py', '    pytest.skip("x")', 'skip'],
    ['tests/test_a.py', '@unittest.skipIf(True, "x")', 'skip'],
    ['tests/test_a.py', '@unittest.expectedFailure', 'expected_failure'],
    ['pkg/a_test.go', '\tt.Skip("later")', 'skip'],
    ['src/lib_test.rs', '#[ignore]', 'skip'],
    ['src/test/java/ATest.java', '@Disabled("x")', 'skip'],
    ['spec/a_spec.rb', '  pending "x"', 'skip'],
    ['src/a.ts', '  // @ts-ignore', 'silenced'],
    ['src/a.ts', '// @ts-nocheck', 'silenced'],
    ['package.json', '"test": "jest --passWithNoTests"', 'empty_allowed'],
    ['jest.config.js', '  passWithNoTests: true,', 'empty_allowed'],
    ['package.json', '"test": "jest || true"', 'masked'],
    ['Makefile', '\tpytest || true', 'masked'],
    ['ci/test.sh', 'npm test || exit 0', 'masked'],
    ['ci/test.sh', 'npm test || echo failed', 'masked'],
    ['ci/test.sh', 'npm test; exit 0', 'masked'],
    ['.github/workflows/a.yml', '  continue-on-error: true', 'masked'],
  ])('asks about %s: %s', (path, line, mark) => {
    expect(codes(edit(path, 'a\n', `a\n${line}\n`))).toEqual([`${mark}:2`]);
    expect(codes(edit(path, `${line}\n`, `a\n${line}\n`))).toEqual([]);
    expect(codes(edit(path, `a\n${line}\n`, 'a\n'))).toEqual([]);
  });

  it.each([
    ['src/a.ts', 'list.skip(3)'],
    ['src/a.ts', 'if (it.only) return;'],
    ['a.spec.ts', "it('skips what is old', () => {"],
    ['a.spec.ts', 'rows.skip(2).only(1)'],
    ['a.spec.ts', "['Docs [Skip CI]']"],
    ['a.spec.ts', 'exit(1); fit = 2; xitem(3);'],
    ['a.spec.ts', '// @ts-expect-error: no such field'],
    ['src/a.ts', '// see @ts-ignore in the handbook'],
    ['CHANGELOG.md', '- suppress it with `// @ts-ignore`'],
    ['tests/test_a.py', 'def test_skip_list():'],
    ['src/a.ts', 'const x = a || true;'],
    ['ci/test.sh', 'test -f a || exit 1'],
    ['ci/test.sh', 'a || b'],
    ['README.md', 'npm test || true'],
    ['pkg/a_test.go', '//go:build linux'],
    ['pkg/a_test.go', '\tos.Exit(m.Run())'],
    ['tests/a.rs', '#[cfg(test)]'],
    ['a.test.js', "test.runIf(isLinux)('x', () => {"],
    ['docs/jest.md', 'use --passWithNoTests and it.skip'],
    ['pkg/a_test.go', '\treader.Skip(1)'],
    ['a.spec.ts', `it.skip(${'x'.repeat(5000)}`],
  ])('lets %s: %.40s pass', (path, line) => expect(codes(edit(path, 'a\n', `a\n${line}\n`))).toEqual([]));
});

const tests = (n: number, from = 0): string =>
  Array.from(
    { length: n },
    (_, i) => `it('${i + from}', () => {\n  expect(f(${i + from})).toBe(${i + from});\n});\n`,
  ).join('');

describe('test-tampering: tests that go', () => {
  it.each([
    ['a.spec.ts', 'expect(one).toBe(1);', '// expect(one).toBe(1);'],
    ['a.spec.ts', 'expect(one).toBe(1);', 'expect(true).toBe(true);'],
    ['tests/test_a.py', '    assert one() == 1', '    # assert one() == 1'],
    ['tests/test_a.py', '    assert one() == 1', '    assert True'],
  ])('counts no assertion of %s that became nothing: %s', (path, before, after) => {
    expect(codes(edit(path, `${before}\n`, `${after}\n`))).toEqual(['assertions_fewer']);
    expect(codes(edit(path, `${after}\n`, `${before}\n`))).toEqual([]);
  });

  it('asks about a test file that is removed', () => {
    expect(codes(gone('a.spec.ts', tests(3)))).toEqual(['removed']);
    expect(codes(gone('tests/helper.py', 'x = 1\n'))).toEqual(['removed']);
    expect(codes(gone('src/a.ts', tests(3)))).toEqual([]);
  });

  it('takes it for moved where all that it asserted is asserted in a new test', () => {
    expect(codes(gone('a.spec.ts', tests(3)), { path: 'b/a.spec.ts', text: tests(3) })).toEqual([]);
    expect(
      codes(
        gone('a.spec.ts', tests(3)),
        { path: 'b.spec.ts', text: `import x;\n${tests(2)}` },
        { path: 'c.spec.ts', text: tests(1, 2) },
      ),
    ).toEqual([]);
    expect(codes(gone('a.spec.ts', tests(3)), { path: 'b.spec.ts', text: tests(2) })).toEqual(['removed']);
    expect(codes(gone('a.spec.ts', tests(3)), { path: 'docs/a.md', text: tests(3) })).toEqual(['removed']);
  });

  it('counts assertions', () => {
    expect(codes(edit('a.spec.ts', tests(3), tests(2)))).toEqual(['assertions_fewer', 'fewer']);
    expect(codes(edit('a.spec.ts', tests(3), tests(3, 5)))).toEqual([]);
    expect(codes(edit('a.spec.ts', tests(3), tests(4)))).toEqual([]);
    expect(codes(edit('tests/test_a.py', '    assert a == 1\n', '    pass\n'))).toEqual(['assertions_fewer']);
    expect(codes(edit('src/a.ts', tests(3), tests(2)))).toEqual([]);
    // Moved into a test file of their own.
    const moved = { path: 'b.spec.ts', text: tests(1, 2) };
    expect(codes(edit('a.spec.ts', tests(3), tests(2)), moved)).toEqual([]);
    expect(codes(edit('a.spec.ts', tests(4), tests(2)), moved)).toEqual(['assertions_fewer', 'fewer']);
  });

  it.each<[string, SampleChange]>([
    ['a new test file', { path: 'a.spec.ts', text: tests(3) }],
    ['a new snapshot', { path: '__snapshots__/a.snap', text: 'x\n'.repeat(500) }],
    ['a small change of a snapshot', edit('__snapshots__/a.snap', 'x\n', 'y\n')],
    [
      'a test file that becomes executable',
      { path: 'a.spec.ts', oldMode: '100644', newMode: '100755', oldText: tests(2), text: tests(2) },
    ],
  ])('lets %s pass', (_, change) => expect(codes(change)).toEqual([]));

  it('asks about many snapshots, or large ones, replaced at once', () => {
    const one = (i: number) => edit(`a/${i}.snap`, 'x\n', 'y\n');
    expect(codes(...Array.from({ length: 11 }, (_, i) => one(i)))).toEqual(['snapshots']);
    expect(codes(...Array.from({ length: 10 }, (_, i) => one(i)))).toEqual([]);
    const lines = (word: string) => Array.from({ length: 300 }, (_, i) => `${word} ${i}\n`).join('');
    expect(codes(edit('a.snap', lines('x'), lines('y')))).toEqual(['snapshots']);
  });
});

describe('test-tampering: bars', () => {
  it.each([
    ['jest.config.js', '  branches: 90,', '  branches: 50,', ['threshold_lowered:2']],
    ['package.json', '"lines": 80', '"lines": 8', ['threshold_lowered:2']],
    ['setup.cfg', 'fail_under = 90', 'fail_under = 9', ['threshold_lowered:2']],
    ['tox.ini', 'pytest --cov-fail-under=90', 'pytest --cov-fail-under=10', ['threshold_lowered:2']],
    ['jest.config.js', '  branches: 90,', '  a: 1,', ['threshold_removed']],
    ['jest.config.js', '  branches: 50,', '  branches: 90,', []],
    ['src/a.ts', '  lines: 90,', '  lines: 50,', []],
    ['codecov.yml', 'target: 80%', 'target: 70%', ['threshold_lowered:2']],
  ])('%s: %s becomes %s', (path, before, after, expected) =>
    expect(codes(edit(path, `a\n${before}\n`, `a\n${after}\n`))).toEqual(expected),
  );
});
