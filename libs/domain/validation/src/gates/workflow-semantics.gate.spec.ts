import { describe, expect, it } from '@jest/globals';
import { sampleFacts, type SampleChange } from '../facts.sample.js';
import { expressionsIn } from '../workflows/workflow.fault.js';
import { workflowSemantics } from './workflow-semantics.gate.js';

const path = '.github/workflows/ci.yml';
const codes = (text: string | Buffer, oldText?: string, at = path): string[] => {
  const change: SampleChange = {
    path: at,
    text,
    ...(oldText === undefined ? {} : { oldMode: '100644', oldText }),
  };
  const { answer, findings } = workflowSemantics.check(sampleFacts({ changes: [change] }));
  expect(answer).toBe(findings.length > 0 ? 'fail' : 'pass');
  return findings.map(({ code, startLine }) => `${code.replace('workflow.', '')}:${startLine}`);
};

const sha = 'a'.repeat(40);
const job = (lines: string, on = 'push'): string =>
  `on: ${on}\npermissions: { contents: read }\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n${lines}`;
const quiet = job(`      - uses: actions/checkout@${sha}\n      - run: npm test\n`);
const cache = (key: string, on = 'push'): string =>
  job(`      - uses: actions/cache@${sha}\n        with:\n          path: x\n          key: ${key}\n`, on);

describe('workflow-semantics', () => {
  it.each<[string, string, string[]]>([
    ['a tag', job('      - uses: actions/checkout@v4\n'), ['unpinned:7']],
    ['a short commit', job('      - uses: a/b@abc1234\n'), ['unpinned:7']],
    ['an image without digest', job('      - uses: docker://alpine:3\n'), ['unpinned:7']],
    [
      'the title of a pull request in a program',
      job('      - run: echo "${{ github.event.pull_request.title }}"\n'),
      ['injection:7'],
    ],
    ['the same by brackets', job("      - run: echo ${{ github['event'].issue.body }}\n"), ['injection:7']],
    ['the branch of a stranger', job('      - run: git log ${{ github.head_ref }}\n'), ['injection:7']],
    ['everything at once', job('      - run: echo ${{ toJSON(github) }}\n'), ['injection:7']],
    [
      'a script of an action',
      job(
        `      - uses: a/b@${sha}\n        with:\n          script: x(\${{ github.event.comment.body }})\n`,
      ),
      ['injection:9'],
    ],
    [
      'a program of many lines',
      job('      - run: |\n          echo\n          echo ${{ inputs.x }}\n'),
      ['injection:7'],
    ],
    [
      'a runner of its own',
      job('').replace('ubuntu-24.04', 'self-hosted').replace('steps:', 'steps: []'),
      ['runner:5'],
    ],
    [
      'runners by label',
      job('').replace('ubuntu-24.04', '[self-hosted, linux]').replace('steps:', 'steps: []'),
      ['runner:5', 'runner:5'],
    ],
    [
      'runners by group',
      job('').replace('ubuntu-24.04', '{ group: big }').replace('steps:', 'steps: []'),
      ['runner:5'],
    ],
    ['a secret', job('      - run: x\n        env: { A: "${{ secrets.DEPLOY_KEY }}" }\n'), ['secret:8']],
    ['any secret', job('      - run: x\n        env: { A: "${{ secrets[github.job] }}" }\n'), ['secret:8']],
    ['all secrets', `on: push\njobs:\n  a:\n    uses: ./x.yml\n    secrets: inherit\n`, ['secret:5']],
    ['more rights', quiet.replace('contents: read', 'contents: write'), ['permissions:2']],
    ['all rights', quiet.replace('{ contents: read }', 'write-all'), ['permissions:2']],
    [
      'the head of a pull request',
      job(
        `      - uses: actions/checkout@${sha}\n        with: { ref: "\${{ github.event.pull_request.head.sha }}" }\n`,
        'pull_request_target',
      ),
      ['untrusted_checkout:8'],
    ],
    [
      'the same by command',
      job('      - run: gh pr checkout 1\n', '{ pull_request_target: { types: [opened] } }'),
      ['untrusted_checkout:7'],
    ],
    [
      'the same among events',
      job('      - run: git fetch origin refs/pull/1/head\n', '[push, issue_comment]'),
      ['untrusted_checkout:7'],
    ],
    ['a cache that a stranger names', cache('x-${{ github.head_ref }}'), ['cache:10']],
    ['a cache for all', cache('x'), ['cache:10']],
    ['a cache beside strangers', cache("x-${{ hashFiles('a') }}", 'pull_request_target'), ['cache:10']],
    [
      'commands by printing',
      quiet.replace('on: push', 'on: push\nenv: { ACTIONS_ALLOW_UNSECURE_COMMANDS: true }'),
      ['unsecure_commands:2'],
    ],
  ])('blocks %s', (_, text, expected) => {
    expect(codes(text)).toEqual(expected);
    expect(codes(text, text)).toEqual([]);
    expect(codes(`# moved\n${text}`, text)).toEqual([]);
  });

  it.each<[string, string]>([
    ['a quiet one', quiet],
    ['one without jobs', 'on: push\n'],
    ['an action beside it', job('      - uses: ./.github/actions/x\n')],
    ['its own token', job('      - run: x\n        env: { A: "${{ secrets.GITHUB_TOKEN }}" }\n')],
    [
      'text of strangers in a variable',
      job('      - run: echo "$T"\n        env: { T: "${{ github.event.issue.title }}" }\n'),
    ],
    [
      'the head where nobody has rights',
      job(`      - uses: a/b@${sha}\n        with: { ref: "\${{ github.head_ref }}" }\n`, 'pull_request'),
    ],
    ['a cache by content', cache("x-${{ hashFiles('**/package-lock.json') }}")],
    ['a matrix of hosted runners', quiet.replace('ubuntu-24.04', 'windows-2022')],
  ])('lets %s pass', (_, text) => expect(codes(text)).toEqual([]));

  it('wants permissions to stay', () => {
    expect(codes(quiet.replace('permissions: { contents: read }\n', ''), quiet)).toEqual(['permissions:1']);
    expect(codes(quiet, quiet.replace('permissions: { contents: read }\n', ''))).toEqual([]);
  });

  it('does not take a fault of one job for that of another', () => {
    const two = (secondJob: string): string => `on: push\njobs:\n  a:\n    uses: x/y@v1\n${secondJob}`;
    expect(codes(two('  b:\n    uses: x/y@v1\n'), two(''))).toEqual(['unpinned:6']);
  });

  it.each<[string, string | Buffer]>([
    ['no YAML', 'on: [push\n'],
    ['a key twice', 'on: push\non: pull_request_target\n'],
    ['aliases', 'on: push\na: &a [x]\nb: *a\n'],
    [
      'aliases that explode',
      `a: &a [x]\n${Array.from({ length: 60 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}\n`,
    ],
    ['merges', 'a: &a { x: 1 }\nb: { <<: *a }\n'],
    ['great depth', '['.repeat(100_000)],
    ['depth at which a parser would end the process', '[ '.repeat(2000)],
    ['depth by dashes', '- '.repeat(50_000)],
    ['depth by indentation', Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')],
    ['very many keys', Array.from({ length: 9000 }, (_, i) => `k${i}:\n`).join('')],
    ['great length', 'a: b\n'.repeat(100_000)],
    ['two documents', 'on: push\n---\non: push\n'],
    ['bytes', Buffer.from('on: push\n\0')],
  ])('blocks one with %s', (_, text) => expect(codes(text)).toEqual([expect.stringMatching(/^unreadable:/)]));

  it('knows the files', () => {
    const bad = 'runs:\n  steps:\n    - uses: a/b@v1\n';
    for (const at of [
      '.github/workflows/x.yaml',
      '.GitHub/Workflows/x.yml',
      '.gitea/workflows/a.yml',
      'action.yml',
      '.github/actions/x/action.yml',
    ])
      expect(codes(bad, undefined, at)).toEqual(['unpinned:3']);
    for (const at of [
      'docs/workflows/ci.yml',
      '.github/ISSUE_TEMPLATE/x.yml',
      'x.yml',
      '.github/dependabot.yml',
    ])
      expect(codes(bad, undefined, at)).toEqual([]);
  });

  it('finds expressions in linear time, closed or not', () => {
    expect(expressionsIn('a ${{ b }} c ${{d}}')).toEqual([' b ', 'd']);
    expect(expressionsIn('${{ '.repeat(50_000))).toHaveLength(1);
  });
});
