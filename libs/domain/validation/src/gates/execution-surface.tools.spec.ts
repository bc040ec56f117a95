import { describe, expect, it } from '@jest/globals';
import { sampleFacts, type SampleChange } from '../facts.sample.js';
import { executionSurface } from './execution-surface.gate.js';

const codes = (path: string, oldText: string | null, text: string): string[] => {
  const change: SampleChange = oldText === null ? { path, text } : { path, oldMode: '100644', oldText, text };
  return executionSurface
    .check(sampleFacts({ changes: [change] }))
    .findings.map(({ code, startLine }) =>
      startLine === undefined
        ? code.replace('execution.', '')
        : `${code.replace('execution.', '')}:${startLine}`,
    );
};
const json = (value: object): string => JSON.stringify(value, null, 1);

describe('execution-surface: tools that are configured by data', () => {
  it.each<[string, object]>([
    ['.eslintrc.json', { plugins: ['local-rules'] }],
    ['.eslintrc', { parser: './parser.js' }],
    ['app/.eslintrc.json', { overrides: [{ files: ['*.ts'], extends: ['./x.js'] }] }],
    ['jest.config.json', { globalSetup: './x.js' }],
    ['jest.e2e.config.json', { transform: { a: './x.js' } }],
    ['.babelrc', { plugins: ['./x.js'] }],
    ['babel.config.json', { presets: ['./x.js'] }],
    ['.swcrc', { jsc: { experimental: { plugins: [['./x.wasm', {}]] } } }],
    ['nx.json', { targetDefaults: { test: { command: 'true' } } }],
    ['libs/a/project.json', { targets: { build: { command: 'sh x' } } }],
    ['angular.json', { projects: { a: { architect: { build: { builder: './x:y' } } } } }],
    ['turbo.json', { remoteCache: { apiUrl: 'https://x.example' } }],
    ['lerna.json', { npmClient: './x' }],
    ['.mocharc.json', { require: './x.js' }],
    ['.nycrc', { require: ['./x.js'] }],
    ['.prettierrc', { plugins: ['./x.js'] }],
    ['.releaserc.json', { plugins: ['./x.js'] }],
    ['.ESLINTRC.JSON', { plugins: ['x'] }],
  ])('asks where %s says which code runs: %j', (path, fields) => {
    const before = json({ name: 'a' });
    const after = json({ name: 'a', ...fields });
    expect(codes(path, before, after).map((code) => code.replace(/:.*/, ''))).toEqual(['tool_config']);
    expect(codes(path, null, after)).toHaveLength(1);
    expect(codes(path, after, after.replace('"a"', '"b"'))).toEqual([]);
    expect(codes(path, after, before)).toEqual([]);
  });

  it.each<[string, object]>([
    ['.eslintrc.json', { rules: { semi: 'error' }, env: { node: true } }],
    ['app/.eslintrc.json', { overrides: [{ files: ['*.ts'], rules: { semi: 'off' } }] }],
    ['jest.config.json', { testTimeout: 5000, verbose: true }],
    ['nx.json', { defaultBase: 'main' }],
    ['project.json', { tags: ['a'] }],
    ['turbo.json', { ui: 'tui' }],
    ['lerna.json', { version: '2.0.0' }],
    ['.prettierrc', { printWidth: 100 }],
    ['src/swcrc.json', { jsc: { experimental: {} } }],
    ['docs/eslintrc.json', { plugins: ['x'] }],
  ])('lets the rest of %s pass: %j', (path, fields) =>
    expect(codes(path, json({ name: 'a' }), json({ name: 'a', ...fields }))).toEqual([]),
  );

  it.each([
    ['.eslintrc.yml', 'rules: {}\n', 'plugins: [x]\n'],
    ['.mocharc.yaml', 'timeout: 1\n', 'require: ./x.js\n'],
    ['turbo.json', '{}', '// words\n{}\n'],
    ['nx.json', '{}', '{"targetDefaults":{},"targetDefaults":{"a":{"command":"b"}}}'],
    ['.babelrc', '{}', '{"plugins":["\0"]}'],
  ])('asks about %s where it cannot be compared: %j becomes %j', (path, before, after) =>
    expect(codes(path, before, after)).toEqual(['tool_config']),
  );
});

describe('execution-surface: what is downloaded, then run', () => {
  it.each([
    'curl -o x https://e.example/x && sh x',
    'curl -fsSL https://e.example/x -o /tmp/x; bash -e /tmp/x',
    'curl https://e.example/x > ./x\nsh x',
    'curl -sLo "x.sh" https://e.example/a\n\n# and\nbash ./x.sh',
    'wget https://e.example/dir/i.sh?a=1\nsh i.sh',
    'wget -qO x https://e.example/a && chmod +x x && ./x',
    'curl -LO https://e.example/tool.py\nsudo python3 tool.py --yes',
    'curl --output=x https://e.example/a\nsource x',
    'curl -o $DIR/x https://e.example/a\n. $DIR/x',
    'RUN curl -o /x https://e.example/a && chmod 755 /x',
    '  - run: curl -o x.js https://e.example/a\n  - run: node x.js',
    'execSync("curl -o /tmp/x https://e.example/a"); execSync("/bin/sh /tmp/x");',
    'Invoke-WebRequest https://e.example/a -OutFile x.ps1; powershell x.ps1',
    'curl -o bin/x https://e.example/a\n./bin/x',
  ])('asks about %j', (text) => {
    expect(codes('tools/get', null, `${text}\n`)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^downloaded:\d$/)]),
    );
    expect(codes('tools/get', `${text}\n`, `# moved\n${text}\n`)).toEqual([]);
  });

  it('sees each half that joins the other', () => {
    const [get, run] = ['curl -o x https://e.example/x', 'sh x'];
    expect(codes('tools/get', `${get}\n`, `${get}\n${run}\n`)).toEqual(['downloaded:2']);
    expect(codes('tools/get', `${run}\n`, `${get}\n${run}\n`)).toEqual(['downloaded:2']);
    expect(codes('tools/get', `${run}\n`, `${run}\n${get}\n`)).toEqual([]);
  });

  it.each([
    'curl -o data.json https://e.example/x\njq . data.json',
    'curl -o x.tgz https://e.example/x && tar xf x.tgz',
    'curl -s https://e.example/x > /dev/null\nsh build.sh',
    'sh install.sh\ncurl -o install.log https://e.example/x',
    'wget https://e.example/words.txt\nsort words.txt',
    'const get = () => fetch(url);\nsh(x);',
    'curl -o a https://e.example/x || sh b',
  ])('lets %j pass', (text) => expect(codes('tools/get', null, `${text}\n`)).toEqual([]));

  it('only warns in prose, and bears hostile files', () => {
    const { findings } = executionSurface.check(
      sampleFacts({ changes: [{ path: 'README.md', text: 'curl -o x https://e.example/x\nsh x\n' }] }),
    );
    expect(findings).toMatchObject([{ code: 'execution.downloaded', severity: 'warn' }]);
    for (const part of ['curl -o a ', 'wget http://a ', 'sudo ', 'curl > ', '&& ', 'sh -', 'env a=b '])
      expect(codes('a', null, `${part.repeat(380)}\n`.repeat(100)).length).toBeLessThanOrEqual(100);
  });
});

describe('execution-surface: code in addresses and comments', () => {
  it.each([
    'await import("data:text/javascript,alert(1)")',
    "import x from 'data:text/javascript;base64,YQ=='",
    "import 'data:text/javascript,1'",
    'new Worker("data:text/javascript,1")',
    'new SharedWorker(`data:text/javascript,1`)',
    'new Worker(new URL("data:text/javascript,1"))',
    'new Worker(URL.createObjectURL(new Blob([code])))',
    'importScripts("data:text/javascript,1")',
    'node --import "data:text/javascript,1" a.js',
    '<script src="data:text/javascript,1"></script>',
    'vm.runInNewContext(atob(x))',
    'module._compile(Buffer.from(x, "base64").toString(), "a")',
  ])('asks about %s', (line) => expect(codes('src/a.js', null, `a\n${line}\n`)).toEqual(['unpacked:2']));

  it.each([
    'url(data:image/png;base64,AAAA)',
    '<img src="data:image/png;base64,AAAA">',
    'import("./data.js")',
    'import data from "data-uri"',
    'new Worker(new URL("./worker.js", import.meta.url))',
    'link.href = URL.createObjectURL(blob)',
    'from(data: string): void',
  ])('lets %s pass', (line) => expect(codes('src/a.js', null, `a\n${line}\n`)).toEqual([]));

  it.each([
    ['a.go', '//go:generate sh x', ['directive:2']],
    ['a.go', '// #cgo LDFLAGS: -L. -lx', ['directive:2']],
    ['a.go', '#cgo CFLAGS: -fplugin=x.so', ['directive:2']],
    ['a.go', '//go:build linux', []],
    ['a.go', '// go:generate is for later', []],
    ['a.md', '//go:generate sh x', []],
  ])('%s: %s', (path, line, expected) =>
    expect(codes(path, 'package a\n', `package a\n${line}\n`)).toEqual(expected),
  );
});
