import { describe, expect, it } from '@jest/globals';
import { sampleFacts, type SampleChange } from '../facts.sample.js';
import { testTampering } from './test-tampering.gate.js';

const codes = (path: string, oldText: string, text: string): string[] => {
  const change: SampleChange = { path, oldMode: '100644', oldText, text };
  return testTampering
    .check(sampleFacts({ changes: [change] }))
    .findings.map(
      ({ code, startLine }) =>
        `${code.replace('test.', '')}${startLine === undefined ? '' : `:${startLine}`}`,
    );
};
const [js, py, go, java, rust] = [
  'a.test.js',
  'tests/test_a.py',
  'pkg/a_test.go',
  'src/test/ATest.java',
  'tests/a.rs',
];

describe('test-tampering: tests that are there and not run', () => {
  it.each([
    ...[
      'if (false) test("x", () => {',
      "  if (0) it('x', f);",
      'if (!1) {',
      'while (false) {',
      'false && it("x", f)',
    ]
      .concat([
        'if (false && ready) {',
        'if (null) describe("x", f);',
        'test.each([])("x", () => {',
        'it.for([])(`x`, f)',
      ])
      .concat([
        "test('x', { skip: true }, () => {",
        "it('x', { todo: 'y' }, f)",
        'this.skip();',
        '  t.skip("x");',
      ])
      .concat(["test.fixme('x', f)", "describe.each<[]>([])('x', f)"])
      .concat(["it('x', () => { return; expect(1).toBe(f()); })"])
      .map((line) => [js!, line] as const),
    ...[
      'pytestmark = pytest.mark.skip',
      '    pytest.mark.skip(reason="x"),',
      '@mark.skipif(True)',
      '@skip("x")',
    ]
      .concat(['@skipUnless(False, "x")', 'if False:', '    if 0:', 'if not True and x:', 'test_a = None'])
      .concat(['del test_a', '@pytest.mark.parametrize("a", [])', 'def test_a(): return'])
      .map((line) => [py!, line] as const),
    ...['\ttt.SkipNow()', '\ts.T().Skip("x")', '\tf.Skip()', '\tif false {'].map(
      (line) => [go!, line] as const,
    ),
    ...['@DisabledOnOs(OS.LINUX)', '  @Test @Disabled', '@EnabledIf("false")', '@Test(enabled = false)']
      .concat(['  @Test @Ignore("x")', '    assumeTrue(false);', 'Assumptions.assumeFalse(true, "x");'])
      .map((line) => [java!, line] as const),
    ...['#[test] #[ignore = "x"]', '#[cfg_attr(unix, ignore)]', '    if false {'].map(
      (line) => [rust!, line] as const,
    ),
    ['tests/a_test.c', '#if 0'],
  ])('asks about %s: %s', (path, line) => {
    expect(codes(path, 'a\n', `a\n${line}\n`)).toEqual(['skip:2']);
    expect(codes(path, `${line}\n`, `a\n${line}\n`)).toEqual([]);
  });

  it('asks about a mark that is given by its name', () =>
    expect(codes(py!, 'a\n', 'a\n    pytest.mark.xfail,\n')).toEqual(['expected_failure:2']));

  it.each([
    [js, 'if (falsehood) {'],
    [js, "if (name === '') return;"],
    [js, 'test.each([[]])("x", (a) => {'],
    [js, 'test.each([[1], [2]])("x", (a) => {'],
    [js, 'const page = query({ skip: 10, take: 5 });'],
    [js, "it('x', { skip: false }, () => {"],
    [js, 'list.each([])'],
    [js, 'return;'],
    [js, "it('x', () => { return expect(f()).resolves.toBe(1); });"],
    ['src/a.ts', 'if (false) test();'],
    ['src/a.rs', '#[ignore]'],
    [py, '@pytest.mark.parametrize("a", [1, 2])'],
    [py, 'if falsy:'],
    [py, 'def test_skips(): return_value()'],
    [go, '\tif falseAlarm {'],
    [java, '@Test(timeout = 5)'],
    [java, 'assumeTrue(isLinux());'],
  ])('lets %s pass: %s', (path, line) => expect(codes(path!, 'a\n', `a\n${line}\n`)).toEqual([]));
});

describe('test-tampering: a return before what is proved', () => {
  const one = (first: string, around = '') =>
    `${around}it('x', () => {\n${first}  expect(f()).toBe(1);\n});\n`;
  const py1 = (first: string) => `def test_a():\n${first}    assert f()\n`;
  it.each([
    [js, one(''), one('  return;\n')],
    [js, one(''), one('  // Not today.\n\n  return undefined;\n')],
    [js, one(''), one('    return\n')],
    [js, one('', 'describe("y", () => {\n'), one('', 'describe("y", () => {\n  return;\n')],
    [js, one('  const a = f();\n'), one('  const a = f();\n  return;\n')],
    [py, py1(''), py1('    return\n')],
    [py, py1('    """Doc."""\n'), py1('    """Doc."""\n    return None\n')],
    [go, 'func TestA(t *testing.T) {\n\tx(t)\n}\n', 'func TestA(t *testing.T) {\n\treturn\n\tx(t)\n}\n'],
    [rust, '#[test]\nfn a() {\n    x();\n}\n', '#[test]\nfn a() {\n    return;\n    x();\n}\n'],
    ['spec/a_spec.rb', "it 'x' do\n  x\nend\n", "it 'x' do\n  return\n  x\nend\n"],
  ])('asks about %s: %j becomes %j', (path, before, after) =>
    expect(codes(path!, before, after)).toEqual([expect.stringMatching(/^skip:\d$/)]),
  );

  it.each([
    [js, one(''), one('  if (!f) {\n    return;\n  }\n')],
    [js, one(''), one('  if (windows) return;\n')],
    [js, one(''), one('  if (windows)\n    return;\n')],
    [js, one(''), `${one('')}function stop() {\n  return;\n}\n`],
    [js, one(''), `${one('')}switch (a) {\n  case 1:\n    return;\n    // none\n  case 2:\n}\n`],
    ['src/a.ts', 'f();\n', 'return;\nf();\n'],
    [py, 'def f():\n    x()\n', 'def f():\n    if x:\n        return\n    x()\n'],
  ])('lets %s pass: %j becomes %j', (path, before, after) => expect(codes(path!, before, after)).toEqual([]));

  it.each([
    'it(',
    'it(function ',
    'it(() => { return; ',
    'def test(',
    '/*',
    "'''",
    ' ',
    '{ skip: ',
    'it(x, { ',
    'if (',
  ])('bears long lines of %j', (part) => {
    const text = `${part.repeat(Math.floor(490 / part.length))}\n return;\n`.repeat(1000);
    expect(codes(js!, '', text).length).toBeLessThanOrEqual(100);
  });
});

describe('test-tampering: tests beside their code', () => {
  const lib = (mark: string, assertion = 'assert_eq!(one(), 1);') =>
    `fn one() -> i32 { 1 }\n\n#[cfg(test)]\nmod tests {\n${mark}    fn a() {\n        ${assertion}\n    }\n}\n`;
  const whole = lib('    #[test]\n');
  it.each([
    ['without its mark', whole, lib(''), ['fewer']],
    ['ignored', whole, lib('    #[test]\n    #[ignore]\n'), ['skip:6']],
    ['commented out', whole, lib('    #[test]\n', '// assert_eq!(one(), 1);'), ['assertions_fewer']],
    ['that is changed', whole, lib('    #[test]\n', 'assert_eq!(one(), 2 - 1);'), []],
    ['that runs otherwise', lib('    #[tokio::test]\n'), whole, []],
    ['that never was one', 'fn f() {\n    assert!(a);\n}\n', 'fn f() {}\n', []],
  ])('sees one %s', (_, before, after, expected) =>
    expect(codes('src/lib.rs', before, after)).toEqual(expected),
  );
});

describe('test-tampering: tests that are no tests any more', () => {
  const tests = (n: number, from = 0): string =>
    Array.from(
      { length: n },
      (_, i) => `it('${i + from}', () => {\n  expect(f()).toBe(${i + from});\n});\n`,
    ).join('');
  const both = ['assertions_fewer', 'fewer'];
  const pyTest = 'def test_a():\n    assert f()\n';
  it.each<[string, string, string, string[]]>([
    [js!, tests(2), `${tests(1)}/*\n${tests(1, 1)}*/\n`, both],
    [js!, tests(2), `${tests(1)}const x = 1; /*\n${tests(1, 1)}*/\n`, both],
    [js!, tests(2), tests(1) + tests(1, 1).replaceAll(/^(?=.)/gm, '// '), both],
    [py!, pyTest, `"""\n${pyTest}"""\n`, both],
    [py!, 'def test_a():\n    check(f())\n', 'def a():\n    check(f())\n', ['fewer']],
    [go!, 'func TestA(t *testing.T) {}\n', 'func testA(t *testing.T) {}\n', ['fewer']],
    [java!, '@Test\nvoid a() {}\n', 'void a() {}\n', ['fewer']],
    [js!, tests(2), tests(2).replace("it('0'", "it('none'"), []],
    [js!, tests(2), `/** Words. */\n${tests(2)}`, []],
    [js!, tests(2), `${tests(1)}const all = ['src/**/*.ts', 'b'];\n${tests(1, 1)}`, []],
    [py!, pyTest, 'def test_a():\n    """Doc\n    more."""\n    assert f()\n', []],
  ])('counts them in %s: %j becomes %j', (path, before, after, expected) =>
    expect(codes(path, before, after)).toEqual(expected),
  );
});
