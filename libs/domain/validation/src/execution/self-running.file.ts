import { globSet, type RawPath } from '@gatehouse/policy';
import { takenPath } from '../names.js';

/** Files whose code runs because they are there, without anybody who calls it; in lower case, as paths are folded. */
const groups: readonly (readonly [runs: string, globs: readonly string[]])[] = [
  [
    'when the package is installed or built',
    [
      ...['**/binding.gyp', '**/setup.py', '**/build.rs', '**/extconf.rb', '**/*.gemspec', '**/mix.exs'],
      ...['**/build.gradle', '**/build.gradle.kts', '**/settings.gradle', '**/settings.gradle.kts'],
      ...['**/buildsrc/**', '**/build.sbt', '**/project/plugins.sbt', '**/package.swift', '**/configure'],
      ...['**/configure.ac', '**/cmakelists.txt', '**/*.cmake', '**/meson.build', '**/build.zig'],
      ...['**/*.csproj', '**/*.fsproj', '**/*.vbproj', '**/*.vcxproj', '**/*.targets', '**/*.props'],
      ...[
        '**/hatch_build.py',
        '**/*.gradle',
        '**/*.gradle.kts',
        '**/build.xml',
        '**/build.sc',
        '**/build.mill',
      ],
      ...['**/project/*.sbt', '**/project/*.scala', '**/gemfile', '**/podfile', '**/brewfile', '**/setup.hs'],
      ...['**/setup.lhs', '**/makefile.pl', '**/build.pl', '**/deps/build.jl', '**/rebar.config*'],
      ...['**/workspace', '**/workspace.bazel', '**/module.bazel', '**/build', '**/build.bazel', '**/*.bzl'],
      ...['**/.bazelrc', '**/sconstruct', '**/sconscript', '**/wscript', '**/xmake.lua', '**/premake5.lua'],
      ...[
        '**/dodo.py',
        '**/fabfile.py',
        '**/cakefile',
        '**/build.cake',
        '**/project.clj',
        '**/shadow-cljs.edn',
      ],
      ...['**/*.opam', '**/ember-cli-build.js', '**/waf', '**/makevars'],
      ...['**/flake.nix', '**/default.nix', '**/autogen.sh'],
    ],
  ],
  [
    'whenever tests run',
    [
      ...['**/conftest.py', '**/noxfile.py', '**/jest.config.*', '**/jest.setup.*', '**/vitest.config.*'],
      ...['**/vitest.workspace.*', '**/karma.conf.*', '**/playwright.config.*', '**/cypress.config.*'],
      ...['**/pytest.ini', '**/.rspec', '**/phpunit.xml', '**/phpunit.xml.dist'],
      ...['**/protractor.conf.*', '**/.testcaferc.*', '**/stryker.conf*', '**/.taprc', '**/.jasmine.*'],
      ...['**/.mocharc.js', '**/.mocharc.cjs', '**/.mocharc.mjs', '**/wdio.conf.*', '**/ava.config.*'],
    ],
  ],
  ['whenever Python starts', ['**/sitecustomize.py', '**/usercustomize.py', '**/*.pth']],
  [
    'whenever tools read their configuration',
    [
      ...['vite', 'webpack', 'rollup', 'rolldown', 'rspack', 'tsup', 'tsdown', 'babel', 'postcss', 'tailwind']
        .concat(['next', 'nuxt', 'svelte', 'astro', 'remix', 'metro', 'eslint', 'prettier', 'stylelint'])
        .concat([
          'quasar',
          'capacitor',
          'forge',
          'semantic-release',
          'graphql',
          'docusaurus',
          'rsbuild',
          'uno',
        ])
        .concat(['commitlint', 'lint-staged', 'release', 'craco', 'snowpack', 'esbuild', 'prisma', 'drizzle'])
        .map((tool) => `**/${tool}.config.*`),
      ...[
        '**/webpack.*.js',
        '**/.eslintrc.js',
        '**/.eslintrc.cjs',
        '**/.prettierrc.js',
        '**/.prettierrc.cjs',
        '**/.prettierrc.mjs',
        '**/.eslintrc.mjs',
      ],
      ...['**/.babelrc.js', '**/.babelrc.cjs', '**/gulpfile.*', '**/gruntfile.*', '**/vue.config.*'],
      // Deeper down it may be the configuration of the program itself.
      ...['js', 'cjs', 'mjs', 'ts', 'cts', 'mts'].map((ending) => `*.config.${ending}`),
      ...['**/.storybook/**', '**/.vitepress/config.*', '**/knexfile.*', 'codegen.ts', '**/.ncurc.*'],
      ...['**/ansible.cfg', '**/.pylintrc', '**/pylintrc', '**/.perlcriticrc'],
      ...['config', 'node', 'browser', 'ssr'].map((part) => `**/gatsby-${part}.*`),
    ],
  ],
];

const runsOf = new Map(groups.flatMap(([runs, globs]) => globs.map((glob) => [glob, runs] as const)));
const files = globSet([...runsOf.keys()]);
/** Of these names some hold nothing but data. */
const data = globSet(['**/*.json', '**/*.json5', '**/*.yml', '**/*.yaml', '**/*.md', '**/*.toml']);

/** When the code of this file runs by itself; null where it does not. */
export const runsWhen = (path: RawPath): string | null => {
  const taken = takenPath(path);
  const glob = files.match(taken);
  return glob === null || data.match(taken) !== null ? null : runsOf.get(glob)!;
};
