import { canonicalOf, readJson, type JsonNode } from '../manifests/json.node.js';

/** Configurations without code of their own that say which code tools run: by `*` any entry is meant. */
interface DataConfig {
  readonly name: RegExp;
  readonly paths: readonly (readonly string[])[];
}

const keys = (...names: string[]): string[][] => names.map((name) => [name]);

const eslint = ['extends', 'plugins', 'parser', 'parserOptions', 'processor', 'settings'];
const jest = keys(
  ...['preset', 'runner', 'testRunner', 'globalSetup', 'globalTeardown', 'setupFiles', 'setupFilesAfterEnv'],
  ...['transform', 'testEnvironment', 'reporters', 'resolver', 'moduleNameMapper', 'snapshotResolver'],
  ...['snapshotSerializers', 'watchPlugins', 'projects', 'haste', 'dependencyExtractor', 'testSequencer'],
  ...['testMatch', 'testRegex', 'testPathIgnorePatterns', 'modulePathIgnorePatterns', 'roots', 'rootDir'],
  ...['prettierPath', 'filter', 'testResultsProcessor', 'coverageReporters', 'modulePaths'],
  ...['moduleDirectories', 'coverageProvider', 'unmockedModulePathPatterns', 'globals'],
);
const nx = [
  'targetDefaults',
  'plugins',
  'tasksRunnerOptions',
  'extends',
  'generators',
  'release',
  'installation',
];
const mocha = [
  ...[
    'require',
    'loader',
    'import',
    'node-option',
    'nodeOption',
    'reporter',
    'reporter-option',
    'ui',
    'spec',
  ],
  ...['file', 'extension', 'ignore', 'grep', 'fgrep', 'invert', 'extends', 'config', 'package', 'dry-run'],
];

const configs: readonly DataConfig[] = [
  {
    name: /(?:^|\/)\.eslintrc(?:\.json|\.jsonc|\.ya?ml)?$/,
    paths: eslint.flatMap((key) => [[key], ['overrides', '*', key]]),
  },
  { name: /(?:^|\/)jest(?:\.[\w-]+)?\.config\.json$|(?:^|\/)jest\.config\.[\w-]+\.json$/, paths: jest },
  {
    name: /(?:^|\/)(?:\.babelrc(?:\.json)?|babel\.config\.json)$/,
    paths: keys(
      'presets',
      'plugins',
      'extends',
      'overrides',
      'env',
      'parserOpts',
      'generatorOpts',
      'ignore',
      'only',
    ),
  },
  { name: /(?:^|\/)\.swcrc$/, paths: [['jsc', 'experimental'], ['jsc', 'transform'], ['plugin'], ['env']] },
  { name: /(?:^|\/)nx\.json$/, paths: keys(...nx, 'nxCloudId', 'nxCloudAccessToken', 'nxCloudUrl') },
  { name: /(?:^|\/)project\.json$/, paths: keys('targets') },
  {
    name: /(?:^|\/)angular\.json$/,
    paths: [['cli'], ...['architect', 'targets'].map((key) => ['projects', '*', key, '*', 'builder'])],
  },
  { name: /(?:^|\/)turbo\.jsonc?$/, paths: keys('tasks', 'pipeline', 'remoteCache', 'extends') },
  {
    name: /(?:^|\/)lerna\.json$/,
    paths: keys('npmClient', 'npmClientArgs', 'command', 'extends', 'packages'),
  },
  { name: /(?:^|\/)\.mocharc\.(?:jsonc?|ya?ml)$/, paths: keys(...mocha) },
  {
    name: /(?:^|\/)\.(?:nyc|c8)rc(?:\.json|\.ya?ml)?$/,
    paths: keys('require', 'extends', 'node-option', 'instrumenter', 'parserPlugins', 'reporter', 'exclude'),
  },
  {
    name: /(?:^|\/)\.prettierrc(?:\.json|\.ya?ml)?$/,
    paths: [['plugins'], ['overrides', '*', 'options', 'plugins']],
  },
  {
    name: /(?:^|\/)\.stylelintrc(?:\.json|\.ya?ml)?$/,
    paths: keys('plugins', 'extends', 'processors', 'customSyntax', 'overrides', 'formatter'),
  },
  {
    name: /(?:^|\/)\.releaserc(?:\.json|\.ya?ml)?$/,
    paths: keys('plugins', 'extends', 'branches', 'verifyConditions'),
  },
  {
    name: /(?:^|\/)\.commitlintrc(?:\.json|\.ya?ml)?$/,
    paths: keys('extends', 'plugins', 'parserPreset', 'formatter'),
  },
  {
    name: /(?:^|\/)\.postcssrc(?:\.json|\.ya?ml)?$/,
    paths: keys('plugins', 'parser', 'syntax', 'stringifier'),
  },
];

/** All values at a path. */
const pick = (node: JsonNode | undefined, [key, ...rest]: readonly string[]): JsonNode[] => {
  if (node === undefined) return [];
  if (key === undefined) return [node];
  if (key !== '*') return node.kind === 'object' ? pick(node.members.get(key), rest) : [];
  const all = node.kind === 'array' ? node.items : node.kind === 'object' ? [...node.members.values()] : [];
  return all.flatMap((item) => pick(item, rest));
};

const shownAt = (node: JsonNode | null, path: readonly string[]): string =>
  pick(node ?? undefined, path)
    .map(canonicalOf)
    .join(',');

const rootOf = (text: string | null): JsonNode | null => {
  const read = text === null ? null : readJson(text);
  return read?.ok === true && read.twice.length === 0 && read.root.kind === 'object' ? read.root : null;
};

export interface ConfigChange {
  /** Dotted, of the first part that says something else now. */
  readonly key: string;
  readonly line: number;
  readonly value: string;
}

/** Whether a file of this name, in lower case, configures tools by data. */
export const isDataConfig = (taken: string): boolean => configs.some(({ name }) => name.test(taken));

/**
 * What a tool would run otherwise than before. Null where nothing, and `unreadable` where that cannot be told: it is
 * YAML, or JSON with comments, of which every tool reads a dialect of its own.
 */
export const newToolCode = (
  taken: string,
  oldText: string | null,
  text: string | null,
): readonly ConfigChange[] | 'unreadable' => {
  const { paths } = configs.find(({ name }) => name.test(taken))!;
  const [before, root] = [rootOf(oldText), rootOf(text)];
  if (root === null) return 'unreadable';
  return paths
    .filter((path) => shownAt(root, path) !== '' && shownAt(root, path) !== shownAt(before, path))
    .map((path) => ({
      key: path.filter((key) => key !== '*').join('.'),
      line: pick(root, path)[0]?.line ?? 1,
      value: shownAt(root, path).slice(0, 500),
    }));
};

/** Fields of a manifest by which nothing is fetched and nothing runs. */
const words: readonly (readonly [name: RegExp, harmless: readonly string[]])[] = [
  [
    /(?:^|\/)composer\.json$/,
    [
      'name',
      'description',
      'keywords',
      'homepage',
      'readme',
      'time',
      'license',
      'authors',
      'support',
      'funding',
      'abandoned',
      '_comment',
    ],
  ],
  [/(?:^|\/)deno\.jsonc?$/, ['name', 'version', 'license', 'fmt', 'lint', 'exclude', '$schema']],
];

/** A manifest of which nothing changed but words about it; both sides must be there and be readable. */
export const onlyWordsChange = (taken: string, oldText: string | null, text: string | null): boolean => {
  const harmless = words.find(([name]) => name.test(taken))?.[1];
  const [before, root] = [rootOf(oldText), rootOf(text)];
  if (harmless === undefined || before?.kind !== 'object' || root?.kind !== 'object') return false;
  const all = new Set([...before.members.keys(), ...root.members.keys()]);
  return [...all].every(
    (key) =>
      harmless.includes(key) || canonicalOf(before.members.get(key)) === canonicalOf(root.members.get(key)),
  );
};
