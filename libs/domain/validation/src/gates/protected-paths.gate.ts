import type { Finding } from '@gatehouse/contracts';
import { globSet, type RawPath } from '@gatehouse/policy';
import { agentFileGlobs } from '../agent.files.js';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { onlyWordsChange } from '../execution/data.config.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { canonicalOf, objectAt, readJson, type JsonObject } from '../manifests/json.node.js';
import { isShortName, takenPath } from '../names.js';

/** What each of them is good for, and where it lies; written in lower case, since paths are folded first. */
const groups: readonly (readonly [what: string, globs: readonly string[]])[] = [
  [
    'It tells CI or the forge what to do',
    [
      ...['.github/**', '.gitlab-ci.yml', '.gitlab/**', '.circleci/**', '.buildkite/**', '.drone.yml'],
      ...['.woodpecker*', '.woodpecker/**', '.travis.yml', '.forgejo/**', '.gitea/**', 'jenkinsfile'],
      ...['jenkinsfile.*', 'azure-pipelines.yml', 'azure-pipelines.yaml', '.azure-pipelines/**'],
      ...['bitbucket-pipelines.yml', 'appveyor.yml', '.appveyor.yml', 'cloudbuild.yaml', 'cloudbuild.yml'],
      ...['.cirrus.yml', '.cirrus.star', '.drone.star', '.drone.jsonnet', '.semaphore/**', '.teamcity/**'],
      ...['.tekton/**', '.builds/**', '.build.yml', 'wercker.yml', 'codefresh.yml', 'bitrise.yml'],
      ...['zuul.yaml', '.zuul.yaml', 'zuul.d/**', '.zuul.d/**', '.mergify.yml', '.kodiak.toml', 'bors.toml'],
      ...[
        '**/action.yml',
        '**/action.yaml',
        'buildspec.yml',
        'renovate.json',
        'renovate.json5',
        '.renovaterc',
        '.renovaterc.json',
      ],
    ],
  ],
  ['It says who must review what', ['codeowners', 'docs/codeowners', '.github/codeowners']],
  [
    'It runs by itself when people use git',
    ['.githooks/**', '.git-hooks/**', '.hooks/**', '**/.husky/**', '**/.huskyrc*', '.overcommit.yml']
      .concat(
        ['yml', 'yaml', 'toml', 'json', 'jsonc'].flatMap((ending) => [
          `**/lefthook.${ending}`,
          `**/.lefthook.${ending}`,
          `**/lefthook-local.${ending}`,
          `**/.config/lefthook*.${ending}`,
        ]),
      )
      .concat(['**/.lefthook/**', '**/.pre-commit-config.yaml', '**/prek.toml'])
      .concat(['**/.pre-commit-hooks.yaml', '**/.lintstagedrc*', '**/.simple-git-hooks.*']),
  ],
  [
    'People and machines run it',
    [
      '**/makefile',
      '**/makefile.am',
      '**/makefile.in',
      '**/gnumakefile',
      '**/*.mk',
      '**/justfile',
      '**/.justfile',
    ]
      .concat(['**/*.just', '**/taskfile.yml', '**/taskfile.yaml', '**/taskfile.dist.yml'])
      .concat(['**/taskfile.dist.yaml', '**/rakefile', '**/*.rake'])
      .concat(['**/gradlew', '**/gradlew.bat', '**/mvnw', '**/mvnw.cmd', '**/tox.ini', '**/vagrantfile'])
      .concat(['**/tiltfile', '**/earthfile', '**/mise.toml', '**/.mise.toml', '**/.mise/**'])
      .concat(['**/magefile.go', '**/magefiles/**', '**/deno.json', '**/deno.jsonc']),
  ],
  [
    'Editors and development containers obey it on opening the folder',
    ['**/.devcontainer/**', '**/.devcontainer.json', '**/.vscode/**', '**/.idea/**', '**/*.code-workspace']
      .concat(['**/.envrc', '**/.editorconfig-checker.json', '**/.zed/**', '**/.theia/**', '**/.fleet/**'])
      .concat([
        '**/*.sublime-project',
        '**/.exrc',
        '**/.vimrc',
        '**/.nvimrc',
        '**/.nvim.lua',
        '**/.dir-locals.el',
      ])
      .concat(['**/.dir-locals-2.el', '**/.gdbinit', '**/.lldbinit', '.gitpod.yml', '.replit'])
      .concat(['**/.rprofile', '**/.renviron', '**/.irbrc', '**/.pryrc', '**/.codesandbox/**'])
      .concat(['**/devbox.json', '**/devenv.nix', '**/shell.nix']),
  ],
  ['Coding agents obey it', agentFileGlobs],
  [
    'It says how what is deployed gets built, and what runs there',
    ['**/procfile', '**/heroku.yml', '**/netlify.toml', '**/vercel.json', '**/now.json', '**/render.yaml']
      .concat(['**/fly.toml', '**/wrangler.toml', '**/wrangler.json*', '**/railway.json', '**/railway.toml'])
      .concat([
        '**/nixpacks.toml',
        '**/amplify.yml',
        '**/apprunner.yaml',
        '**/appspec.yml',
        '**/appspec.yaml',
      ])
      .concat(['**/.ebextensions/**', '**/.platform/**', '**/.platform.app.yaml', '**/firebase.json'])
      .concat([
        '**/.firebaserc',
        '**/serverless.y*ml',
        '**/serverless.json',
        '**/serverless.ts',
        '**/cdk.json',
      ])
      .concat(['**/skaffold.y*ml', '**/.goreleaser.y*ml', '**/fastlane/*file', '**/ecosystem.config.*'])
      .concat(['**/nodemon.json']),
  ],
  [
    'It decides what is left out of what gets published',
    ['**/.dockerignore', '**/*.dockerignore', '**/.npmignore', '**/.vercelignore', '**/.slugignore'].concat([
      '**/.gcloudignore',
      '**/.helmignore',
      '**/.vscodeignore',
    ]),
  ],
  [
    'It builds the image that things run in',
    ['**/dockerfile', '**/dockerfile.*', '**/*.dockerfile', '**/containerfile', '**/containerfile.*']
      .concat(['**/docker-compose*.yml', '**/docker-compose*.yaml', '**/compose.yml', '**/compose.yaml'])
      .concat(['**/docker-bake.hcl']),
  ],
  [
    'It tells a package manager where to fetch from and what to run',
    ['**/.npmrc', '**/.yarnrc*', '**/.yarn/releases/**', '**/.yarn/plugins/**', '**/.pnpmfile.cjs']
      .concat(['**/.pnpmfile.mjs', '**/pnpm-workspace.yaml', '**/bunfig.toml', '**/pip.conf', '**/pip.ini'])
      .concat([
        '**/.pypirc',
        '**/.cargo/config',
        '**/.cargo/config.toml',
        '**/uv.toml',
        '**/.pnp.cjs',
        '**/.bundle/config',
      ])
      .concat(['**/nuget.config', '**/.mvn/**', '**/gradle/wrapper/**', '**/init.gradle']),
  ],
  [
    'It says what is installed, in a form whose packages no gate reads',
    ['**/pipfile', '**/pipfile.lock', '**/composer.json', '**/composer.lock', '**/bun.lock', '**/bun.lockb']
      .concat(['**/deno.lock', '**/go.work', '**/rust-toolchain', '**/rust-toolchain.toml'])
      .concat(['**/podfile.lock', '**/packages.lock.json', '**/pubspec.lock', '**/mix.lock', '**/pdm.lock']),
  ],
  ['It steers git', ['**/.gitattributes', '**/.gitmodules', '**/.gitconfig', '**/.gitignore', '**/.mailmap']],
  [
    'Another version control system obeys it',
    ['hg', 'svn', 'bzr', 'jj', 'sl', 'pijul', 'fslckout']
      .map((name) => `**/.${name}/**`)
      .concat(['.gitreview']),
  ],
  [
    'It tells scanners and reports what not to look at',
    ['**/.gitleaks.toml', '**/gitleaks.toml', '**/.gitleaksignore', '**/.trivyignore*', '**/trivy.yaml']
      .concat(['**/.snyk', '**/.semgrepignore', '**/.semgrep.y*ml', '**/.semgrep/**', '**/.secretlintrc*'])
      .concat(['**/.secretlintignore', '**/.secrets.baseline', '**/.gitguardian.y*ml', '**/.ggshield*'])
      .concat([
        '**/.talismanrc',
        '**/.trufflehog*',
        '**/trufflehog-ignore*',
        '**/.bandit',
        '**/.checkov.y*ml',
      ])
      .concat([
        '**/.grype.yaml',
        '**/osv-scanner.toml',
        '**/.nsprc',
        '**/audit-ci.json*',
        '**/.hadolint.y*ml',
      ])
      .concat([
        '**/.codecov.y*ml',
        '**/codecov.y*ml',
        '**/sonar-project.properties',
        '**/.sonarcloud.properties',
      ])
      .concat([
        '**/.codeclimate.y*ml',
        '**/.whitesource',
        '**/.tfsec/**',
        '**/.kics.config',
        '**/.deepsource.toml',
      ])
      .concat(['**/dependency-check-suppression*.xml', '**/.coveralls.yml', '**/.eslintignore']),
  ],
  [
    "It is Gatehouse's own configuration",
    ['gatehouse.yml', 'gatehouse.yaml', '.gatehouse.yml', '.gatehouse.yaml', '.gatehouse/**'],
  ],
];

const whatOf = new Map(groups.flatMap(([what, globs]) => globs.map((glob) => [glob, what] as const)));
const protectedSet = globSet([...whatOf.keys()]);

const next = 'A person has to look at this file, or leave it out of the change.';

/** The new name of one folder may open another one on Windows; told once, at the segment. */
const shortNameOf = (path: RawPath): RawPath | null => {
  if (!path.includes('~')) return null;
  const parts = path.split('/');
  const at = parts.findIndex(isShortName);
  return at < 0 ? null : (parts.slice(0, at + 1).join('/') as RawPath);
};

const packageFile = /(?:^|\/)package\.json$/;

const scriptsOf = (text: string | null | undefined): JsonObject | null | 'unreadable' => {
  if (text === null || text === undefined) return null;
  const read = readJson(text);
  if (!read.ok || read.twice.length > 0) return 'unreadable';
  return objectAt(read.root, 'scripts');
};

/** Of a package.json only its scripts are protected; the rest of it is the matter of other gates. */
const scriptFindings = (file: ChangedFile): Finding[] => {
  const { path } = file;
  const severity = 'require_approval';
  const scripts = file.new === null ? null : scriptsOf(file.new.text);
  if (scripts === 'unreadable' || (file.new !== null && file.new.text === null)) {
    const message =
      'Whether its scripts change cannot be told: it is no JSON that every program reads alike.';
    return [finding({ code: 'path.package_unreadable', severity, message, next, path })];
  }
  const before = scriptsOf(file.old?.text);
  const known = before === 'unreadable' ? null : before;
  const names = new Set([...(scripts?.members.keys() ?? []), ...(known?.members.keys() ?? [])]);
  const findings: Finding[] = [];
  for (const name of [...names].sort()) {
    const [was, is] = [known?.members.get(name), scripts?.members.get(name)];
    // A package that is deleted as a whole takes its scripts with it.
    if (canonicalOf(was) === canonicalOf(is) || file.new === null) continue;
    const verb = is === undefined ? 'removed' : was === undefined ? 'added' : 'changed';
    const message = `The script ${JSON.stringify(name.slice(0, 100))} is ${verb}; people and CI run it.`;
    const place = is === undefined ? {} : { line: is.line, evidence: canonicalOf(is) };
    findings.push(finding({ code: 'path.package_scripts', severity, message, next, path, ...place }));
  }
  // Far more than are shown; all weigh the same.
  return findings.slice(0, 1000);
};

export const protectedPaths: StaticGate = {
  id: 'protected-paths',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 3,
  summary: 'Files that steer CI, git, editors, agents, package managers or Gatehouse change only with a yes',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    const findings: Finding[] = [];
    const short = new Set<RawPath>();
    const packages = new Set<RawPath>();
    const words = new Set(
      changedFiles(change)
        .filter(({ path, old, new: made }) =>
          onlyWordsChange(takenPath(path), old?.text ?? null, made?.text ?? null),
        )
        .map(({ path }) => path),
    );
    for (const { path, status } of change.entries) {
      const taken = takenPath(path);
      if (packageFile.test(taken)) packages.add(path);
      const pattern = protectedSet.match(taken);
      if (pattern !== null && !words.has(path)) {
        const message = `${whatOf.get(pattern)!} (${pattern}).`;
        findings.push(finding({ code: 'path.protected', severity: 'require_approval', message, next, path }));
      }
      const at = status === 'A' ? shortNameOf(path) : null;
      if (at !== null) short.add(at);
    }
    for (const path of short) {
      const message =
        'On Windows this is the short name of another file, which a checkout may write instead.';
      findings.push(finding({ code: 'path.short_name', severity: 'require_approval', message, next, path }));
    }
    if (packages.size === 0) return decide(findings);
    const files = changedFiles(change).filter(({ path }) => packages.has(path));
    return decide([...findings, ...files.flatMap(scriptFindings)]);
  },
};
