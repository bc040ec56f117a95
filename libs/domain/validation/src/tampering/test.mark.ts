/** What a line does to tests: by it one is not run, alone run, expected to fail, or its answer is not heard. */
export type Mark = 'skip' | 'only' | 'expected_failure' | 'silenced' | 'empty_allowed' | 'masked' | 'retried';

type Pattern = readonly [mark: Mark, hint: string, pattern: RegExp];

/** The hint is looked for first: most lines have none. */
const inTests: readonly Pattern[] = [
  [
    'skip',
    'skip',
    /\b(?:it|test|describe|context|suite|specify|bench)\s*\.\s*(?:concurrent\s*\.\s*|each\s*\.\s*)?skip(?:If)?\b/,
  ],
  [
    'skip',
    'skip',
    /\bpytest\s*\.\s*mark\s*\.\s*skip(?:if)?\b|@mark\s*\.\s*skip(?:if)?\b|@unittest\s*\.\s*skip(?:If|Unless)?\b|^\s*@skip(?:If|Unless|if)?\b|\bpytest\s*\.\s*(?:skip|importorskip)\s*\(|\braise\s+(?:unittest\s*\.\s*)?SkipTest\b|\bself\s*\.\s*skipTest\s*\(|\bpytestmark\s*=.{0,80}\bskip/,
  ],
  [
    'skip',
    'Skip',
    /\b[tbf]\s*\.\s*Skip(?:f|Now)?\s*\(|\.\s*(?:SkipNow|Skipf)\s*\(|\bT\s*\(\s*\)\s*\.\s*Skip\s*\(|\bSkip\s*=\s*"|^\s*\[\s*Skip\b|\bAssert\s*\.\s*(?:Skip|Ignore)\s*\(|@unittest\s*\.\s*skip(?:If|Unless)\b|\bself\s*\.\s*skipTest\s*\(/,
  ],
  ['skip', '.runIf', /\b(?:it|test|describe|suite)\s*\.\s*runIf\s*\(\s*(?:false|0|null)\b/],
  ['skip', "['", /\b(?:it|test|describe|context|suite|specify)\s*\[\s*'(?:skip|todo)'\s*\]/],
  ['skip', '["', /\b(?:it|test|describe|context|suite|specify)\s*\[\s*"(?:skip|todo)"\s*\]/],
  ['only', 'only', /\b(?:it|test|describe|context|suite|specify)\s*\[\s*["']only["']\s*\]/],
  ['skip', '__test__', /\b__test__\s*=\s*(?:False|0|None)\b/],
  ['skip', 'collect_ignore', /^\s*collect_ignore(?:_glob)?\s*\+?=/],
  ['skip', 'build', /^\/\/(?:go:|\s*\+)build\s+ignore\b/],
  ['skip', 'cfg', /^\s*#!?\[\s*cfg\s*\(\s*(?:any\s*\(\s*\)|FALSE|false)\s*\)/],
  [
    'masked',
    'xit',
    /\b(?:os\s*\.\s*(?:Exit|_exit)|sys\s*\.\s*exit|process\s*\.\s*exit|pytest\s*\.\s*exit)\s*\(\s*0\s*\)/,
  ],
  ['skip', 'SkipTest', /\braise\s+(?:unittest\s*\.\s*)?SkipTest\b/],
  ['skip', 'todo', /\b(?:it|test)\s*\.\s*todo\b/],
  ['skip', 'x', /(?:^|[\s;(])x(?:it|test|describe|context|specify)\s*\(/],
  ['skip', 'isabled', /@Disabled\w*|\bDISABLED_\w/],
  ['skip', '@Enabled', /@Enabled(?:If|On|For)\w*/],
  ['skip', 'enabled', /@Test\s*\([^)]{0,200}\benabled\s*=\s*false\b/],
  ['skip', 'assume', /\bassume(?:True|That)?\s*\(\s*(?:false|False)\b|\bassumeFalse\s*\(\s*true\b/],
  [
    'skip',
    'gnore',
    /@Ignore(?:If)?\b|#\[\s*ignore\b|#\[\s*cfg_attr\s*\([^\]]{0,200}\bignore\b|^\s*\[\s*Ignore\b|\bAssert\s*\.\s*Ignore\s*\(/,
  ],
  ['skip', 'fixme', /\b(?:it|test|describe)\s*\.\s*fixme\b/],
  ['skip', 'skip', /\b(?:t|ctx|context|this)\s*\.\s*skip\s*\(/],
  ['skip', 'skip:', /\b(?:it|test|describe|suite)\s*\(.{0,300}[{,]\s*skip:(?!\s*(?:false|undefined)\b)/],
  ['skip', 'todo:', /\b(?:it|test|describe|suite)\s*\(.{0,300}[{,]\s*todo:(?!\s*(?:false|undefined)\b)/],
  ['skip', '[', /\b(?:it|test|describe|suite)\s*\.\s*(?:each|for)\s*(?:<[^>]{0,100}>)?\s*\(\s*\[\s*\]/],
  ['skip', 'parametrize', /\bparametrize\s*\([^[\]]{0,200},\s*(?:\[\s*\]|\(\s*\))/],
  ['skip', 'if', /\bif\s*\(\s*(?:false|0|null|undefined|!\s*(?:1|true)|''|"")\s*(?:\)|&&)/],
  ['skip', 'if', /^\s*(?:el)?if\s+(?:False|0|None|not\s+True)\s*(?::|and\b)|^\s*if\s+false\s*(?:\{|&&|$)/],
  ['skip', 'while', /\bwhile\s*\(\s*(?:false|0)\s*\)/],
  ['skip', '&&', /(?:^|[\s;(])(?:false|0|!1)\s*&&\s*(?:it|test|describe|suite|context|specify)\b/],
  ['skip', 'test_', /^\s*(?:del\s+test_\w+|test_\w+\s*=\s*None\b)/],
  ['skip', '#if', /^\s*#\s*if\s+(?:0|false)\s*(?:$|\/)/],
  ['skip', 'ending', /^\s*pending\b(?:\s*[('"]|\s*$)|@pending\b/],
  ['only', 'only', /\b(?:it|test|describe|context|suite|specify|bench)\s*\.\s*(?:concurrent\s*\.\s*)?only\b/],
  ['only', 'f', /(?:^|[\s;(])f(?:it|describe|context|specify)\s*\(/],
  [
    'expected_failure',
    'fail',
    /\b(?:it|test)\s*\.\s*(?:concurrent\s*\.\s*)?(?:failing|fails)\b|\bpytest\s*\.\s*mark\s*\.\s*xfail\b|@mark\s*\.\s*xfail\b|@unittest\s*\.\s*expectedFailure\b|\bpytest\s*\.\s*xfail\s*\(/,
  ],
  ['expected_failure', 'expectedFailure', /@(?:unittest\s*\.\s*)?expectedFailure\b/],
  ['expected_failure', 'should_panic', /^\s*#\[\s*should_panic\b/],
  [
    'retried',
    'retr',
    /\b(?:jest|this|cy)\s*\.\s*(?:retryTimes|retries)\s*\(|@(?:pytest\s*\.\s*mark\s*\.\s*flaky|RetryingTest|RepeatedIfExceptionsTest)\b/,
  ],
  ['retried', 'flaky', /@pytest\s*\.\s*mark\s*\.\s*flaky\b/],
];

const anywhere: readonly Pattern[] = [
  ['silenced', '@ts-', /(?:\/\/|\/\*|\{\/\*)\s*@ts-(?:ignore|nocheck)\b/],
  [
    'silenced',
    'type: ignore',
    /^\s*#\s*type:\s*ignore\s*$|^\s*#\s*(?:mypy:\s*ignore-errors|pyright:\s*basic)/,
  ],
];

const inCommands: readonly Pattern[] = [
  [
    'empty_allowed',
    'no-tests',
    /--(?:pass-?with-?no-?tests|passWithNoTests)\b|\bpassWithNoTests\b\s*["']?\s*[:=]\s*true/i,
  ],
  ['empty_allowed', 'NoTests', /--passWithNoTests\b|\bpassWithNoTests\b\s*["']?\s*[:=]\s*true/],
  ['empty_allowed', 'suppress-', /--suppress-no-test-exit-code\b/],
  ['masked', '||', /\|\|\s*(?:true|:|exit\s+0|echo\b[^|&;]{0,200})\s*(?:$|["';&)#])/],
  ['masked', 'continue-on-error', /^\s*continue-on-error\s*:\s*["']?(?:true|\$\{\{)/],
  ['masked', 'allow_failure', /^\s*allow_failure\s*:\s*true/],
  ['masked', 'set +e', /^\s*set \+e\s*(?:$|#|;)/],
  ['masked', 'exit 0', /;\s*exit\s+0\s*(?:$|["'])/],
];

const find = (line: string, patterns: readonly Pattern[]): Mark | null =>
  patterns.find(([, hint, pattern]) => line.includes(hint) && pattern.test(line))?.[0] ?? null;

export interface Place {
  readonly test: boolean;
  /** Scripts, manifests and build files, where commands of tests stand. */
  readonly command: boolean;
}

/** The first mark on a line; longer lines are made by machines. */
export const markOf = (line: string, { test, command }: Place): Mark | null => {
  if (line.length > 2000) return null;
  return (
    (test ? find(line, inTests) : null) ?? (command ? find(line, inCommands) : null) ?? find(line, anywhere)
  );
};

const assertions =
  /\b(?:expect|assert\w*|should|must|verify|require\.\w+|t\.(?:is|true|false|deepEqual|throws|Error|Errorf|Fatal|Fatalf|Fail))\s*[(!.]|^\s*assert\s|\bassert\w*!|\bAssert\.\w+\(|\bXCTAssert\w*\(|\braises\(/;

/** Of comments, and what is true whatever the code does. */
const empty =
  /^\s*(?:\/\/|\/?\*(?!\w)|#(?![[!]))|^\s*assert\s+(?:True|1|not\s+False)\s*(?:$|[,#])|\b(?:expect|assert)\s*\(\s*(true|1)\s*\)\s*(?:;?\s*$|\.\s*(?:toBe\s*\(\s*\1\s*\)|toEqual\s*\(\s*\1\s*\)|toBeTruthy\s*\(\s*\)))/;

/** Whether a line asserts something. */
export const asserts = (line: string): boolean =>
  line.length <= 2000 && assertions.test(line) && !empty.test(line);

const threshold =
  /^\s*["']?(branches|functions|lines|statements|global|fail[_-]under|minimum(?:_coverage)?|coverageThreshold|min[_-]?coverage|threshold|target|lines[_-]?threshold)["']?\s*[:=]\s*["']?(-?[0-9]+(?:\.[0-9]+)?)%?["']?\s*,?\s*(?:[#/].*)?$/i;
const flag =
  /--(?:cov-fail-under|fail-under|lines|branches|functions|statements|check-coverage|min-coverage)[= ]([0-9]+(?:\.[0-9]+)?)/i;

/** A number below which tests fail, with what it is called; null where the line has none. */
export const thresholdOf = (line: string): { name: string; value: number } | null => {
  if (line.length > 300) return null;
  const named = threshold.exec(line);
  if (named !== null) return { name: named[1]!.toLowerCase(), value: Number(named[2]) };
  const given = flag.exec(line);
  return given === null ? null : { name: given[0].split(/[= ]/)[0]!, value: Number(given[1]) };
};
