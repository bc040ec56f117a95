import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { protectedPaths } from './protected-paths.gate.js';

const check = (...changes: SampleChange[]) => protectedPaths.check(sampleFacts({ changes }));

describe('protected-paths', () => {
  it.each([
    ...['.github/CODEOWNERS', '.github/workflows/ci.yml', '.github/dependabot.yml', '.gitlab-ci.yml'],
    ...['.circleci/config.yml', 'Jenkinsfile', 'azure-pipelines.yml', '.buildkite/x', '.woodpecker.yml'],
    ...['CODEOWNERS', 'docs/CODEOWNERS', '.githooks/pre-push', '.husky/pre-commit', 'lefthook.yml'],
    ...['.pre-commit-config.yaml', 'Makefile', 'src/makefile', 'justfile', 'Taskfile.yml'],
    ...['.devcontainer/devcontainer.json', '.vscode/tasks.json', '.idea/x.xml', '.cursor/rules/a.mdc'],
    ...['.claude/settings.json', '.codex/config.toml', '.agents/x', '.gemini/settings.json', 'AGENTS.md'],
    ...['libs/a/AGENTS.md', 'CLAUDE.md', 'GEMINI.md', '.cursorrules', '.mcp.json', 'Dockerfile'],
    ...['deploy/Dockerfile.prod', 'api.dockerfile', '.npmrc', 'apps/x/.npmrc', '.yarnrc', '.yarnrc.yml'],
    ...['.pnpmfile.cjs', 'bunfig.toml', 'pip.conf', '.gitattributes', 'docs/.gitattributes', '.gitmodules'],
    ...['.gitconfig', '.gitignore', 'src/.gitignore', 'gatehouse.yml', '.gatehouse.yaml'],
    ...[
      '.cirrus.star',
      '.drone.jsonnet',
      '.tekton/a.yaml',
      '.zuul.d/a.yaml',
      '.mergify.yml',
      'lefthook.toml',
    ],
    ...[
      '.config/lefthook.json',
      '.git-hooks/pre-push',
      '.huskyrc.json',
      '.overcommit.yml',
      'gradlew',
      'mvnw.cmd',
    ],
    ...['tox.ini', 'Vagrantfile', 'mise.toml', 'magefile.go', 'deno.jsonc', '.exrc', '.dir-locals.el'],
    ...[
      '.gdbinit',
      'x.sublime-project',
      '.gitpod.yml',
      'shell.nix',
      '.roo/rules/a.md',
      '.kiro/steering/a.md',
    ],
    ...[
      '.junie/guidelines.md',
      '.amazonq/rules/a.md',
      '.opencode/a.md',
      'opencode.json',
      'AGENT.md',
      '.rules',
    ],
    ...[
      '.goosehints',
      '.Pnp.cjs',
      'Pipfile',
      'Pipfile.lock',
      'composer.json',
      'bun.lock',
      'deno.lock',
      'go.work',
    ],
    ...[
      'rust-toolchain.toml',
      '.gitleaks.toml',
      '.gitleaksignore',
      '.trivyignore.yaml',
      '.snyk',
      '.semgrepignore',
    ],
    ...[
      '.secretlintrc.json',
      'app/.secretlintignore',
      'codecov.yml',
      '.codecov.yaml',
      'sonar-project.properties',
    ],
    ...['action.yml', 'tools/setup/action.yaml', 'Procfile', 'netlify.toml', 'api/serverless.ts'],
    ...['appspec.yml', 'fastlane/Fastfile', '.goreleaser.yaml', '.dockerignore', 'web/.npmignore'],
    ...['.hg/hgrc', 'vendor/.svn/entries', '.gitreview', '.vimrc', '.Rprofile', '.pryrc', '.cursorignore'],
    ...['.roomodes', 'docs/.aiignore', 'nodemon.json'],
    ...['.secrets.baseline', 'osv-scanner.toml', '.nsprc', '.bandit'],
  ])('asks about %s', (path) => expect(inShort(check({ path }))).toBe(`pass; path.protected ${path}`));

  it.each([
    ['another case', '.NPMRC'],
    ['code points that HFS+ leaves out', '.np\u200cmrc'],
    ['a folder in another case', '.GitHub/x.md'],
    ['a dot at the end', '.npmrc.'],
    ['spaces at the end', 'Dockerfile  '],
    ['a stream', '.npmrc:$DATA'],
    ['a stream of a folder', '.vscode::$INDEX_ALLOCATION/tasks.json'],
    ['another Unicode form', 'ma\u212Aefile'],
  ])('is not misled by %s', (_, path) =>
    expect(check({ path }).findings.map(({ code }) => code)).toEqual(['path.protected']),
  );

  it('asks about short names of Windows, once for a folder', () => {
    expect(inShort(check({ path: 'GITHUB~1/a' }, { path: 'GITHUB~1/b' }))).toBe(
      'pass; path.short_name GITHUB~1',
    );
    expect(inShort(check({ path: 'NPMRC~1', oldMode: '100644' }))).toBe('pass');
  });

  it.each([
    ...['git.md', 'docs/github.md', 'src/Makefile.ts', 'makefile-notes.md', 'dockerfile-parser.js'],
    ...['docs/agents.html', 'src/claude.ts', 'gitignore', '.gitkeep', 'npmrc.md', 'src/codeowners.ts'],
    ...[
      'docs/workflows/ci.yml',
      'gatehouse.md',
      'src/husky/index.ts',
      'docs/agent.md',
      'src/warp.md',
      'a~1~',
      'notes~2024.md',
    ],
    ...['docs/gitleaks.md', 'src/trivyignore.ts', 'src/snyk.ts', 'codecov.md', 'docs/sonar-project.md'],
  ])('lets %s pass', (path) => expect(inShort(check({ path }))).toBe('pass'));

  it('looks at both sides', () => {
    expect(inShort(check({ path: '.npmrc', oldMode: '100644', newMode: '000000' }))).toBe(
      'pass; path.protected .npmrc',
    );
  });
});

describe('protected-paths: manifests of which only words change', () => {
  const at = (path: string, before: string, after: string) =>
    inShort(check({ path, oldMode: '100644', oldText: before, text: after }));
  it.each([
    ['composer.json', '{"name":"a/b"}', '{"name":"a/b","description":"c","keywords":["d"]}'],
    ['deno.json', '{"tasks":{"a":"b"}}', '{"version":"2","fmt":{"lineWidth":90},"tasks":{"a":"b"}}'],
  ])('lets %s pass', (path, before, after) => {
    expect(at(path, before, after)).toBe('pass');
    expect(inShort(check({ path, text: after }))).toBe(`pass; path.protected ${path}`);
  });

  it.each([
    ['composer.json', '{"name":"a/b"}', '{"name":"a/b","scripts":{"test":"c"}}'],
    ['composer.json', '{"require":{"a/b":"1"}}', '{}'],
    ['composer.json', '{}', '{"name":"a","name":"b"}'],
    ['deno.json', '{}', '{"tasks":{"a":"b"}}'],
    ['deno.jsonc', '{}', '// words\n{}'],
    ['go.work', '{"name":"a"}', '{"name":"b"}'],
  ])('asks about %s: %s becomes %s', (path, before, after) =>
    expect(at(path, before, after)).toBe(`pass; path.protected ${path}`),
  );
});

const edit = (before: object | string, after: object | string, path = 'package.json'): SampleChange => {
  const textOf = (value: object | string) =>
    typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  return { path, oldMode: '100644', oldText: textOf(before), text: textOf(after) };
};

describe('protected-paths: scripts of a package', () => {
  it('asks about each that is added, changed or removed, at its line', () => {
    const { findings } = check(
      edit({ scripts: { a: '1', b: '2', c: '3' } }, { scripts: { d: '4', b: '2', a: 'x' } }),
    );
    expect(findings.map(({ code, startLine, message }) => [code, startLine, message.slice(0, 27)])).toEqual([
      ['path.package_scripts', undefined, 'The script "c" is removed; '],
      ['path.package_scripts', 3, 'The script "d" is added; pe'],
      ['path.package_scripts', 5, 'The script "a" is changed; '],
    ]);
  });

  it.each([
    ['another field', edit({ scripts: { a: '1' } }, { scripts: { a: '1' }, version: '2' })],
    ['another order', edit({ scripts: { a: '1', b: '2' } }, { scripts: { b: '2', a: '1' } })],
    ['other spaces', edit('{"scripts":{"a":"1"}}', '{\n"scripts": { "a": "1" } }')],
    ['a new package without scripts', { path: 'x/package.json', text: '{"name":"x"}' }],
    ['a file that ends alike', edit({}, { scripts: { a: '1' } }, 'x/my-package.json')],
    [
      'a package that is deleted',
      {
        path: 'package.json',
        oldMode: '100644',
        newMode: '000000',
        oldText: '{"scripts":{"a":"1"}}',
      },
    ],
  ])('lets %s pass', (_, change) => expect(inShort(check(change))).toBe('pass'));

  it.each([
    ['what is no JSON', '{"scripts":'],
    ['scripts given twice', '{"scripts":{},"scripts":{"a":"1"}}'],
    ['what is nested too deeply', '{"a":'.repeat(100_000)],
    ['binary content', '{"scripts":{"a":"\0"}}'],
  ])('asks about %s', (_, text) =>
    expect(inShort(check(edit({}, text)))).toBe('pass; path.package_unreadable package.json'),
  );
});
