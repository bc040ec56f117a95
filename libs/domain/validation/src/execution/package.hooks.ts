import { canonicalOf, objectAt, readJson, textsOf, type JsonNode } from '../manifests/json.node.js';

/** Scripts that npm and its kin run by themselves, on installing, packing and publishing. */
const lifecycle = new Set(
  ['install', 'publish', 'uninstall', 'pack', 'prepare', 'version', 'shrinkwrap']
    .flatMap((step) => [step, `pre${step}`, `post${step}`])
    .concat(['dependencies', 'prepublishOnly', 'pnpm:devPreinstall']),
);

/** Fields by which tools run code, or by which packages may. */
const fields: readonly (readonly string[])[] = [
  ...['jest', 'babel', 'eslintConfig', 'husky', 'lint-staged', 'simple-git-hooks', 'pre-commit', 'gypfile'],
  ...['trustedDependencies', 'lavamoat', 'allowScripts', 'ava', 'mocha', 'nyc', 'prettier', 'stylelint'],
  ...['nx', 'wireit', 'release', 'commitlint', 'c8', 'tap', 'pre-push', 'ghooks', 'yorkie'],
]
  .map((field): readonly string[] => [field])
  .concat([
    ['pnpm', 'onlyBuiltDependencies'],
    ['pnpm', 'neverBuiltDependencies'],
    ['pnpm', 'patchedDependencies'],
    ['pnpm', 'packageExtensions'],
    ['config', 'node_gyp'],
  ]);

export interface PackageHook {
  /** `script` runs by itself; `field` steers a tool that runs code. */
  readonly kind: 'script' | 'field';
  readonly name: string;
  readonly line: number;
  readonly value: string;
}

const rootOf = (text: string | null): JsonNode | null => {
  const read = text === null ? null : readJson(text);
  return read?.ok === true ? read.root : null;
};

const at = (root: JsonNode | null, path: readonly string[]): JsonNode | null =>
  objectAt(root, ...path.slice(0, -1))?.members.get(path.at(-1)!) ?? null;

/** `pretest` runs before `test` by itself, where there is a `test`. */
const isImplicit = (name: string, all: ReadonlyMap<string, unknown>): boolean =>
  /^(?:pre|post)./.test(name) && all.has(name.replace(/^(?:pre|post)/, ''));

/** What of a package.json runs by itself and is not in its old text like that. Null where it cannot be read. */
export const newPackageHooks = (oldText: string | null, text: string): PackageHook[] | null => {
  const [before, root] = [rootOf(oldText), rootOf(text)];
  if (root === null) return null;
  const [old, scripts] = [before, root].map((node) => textsOf(objectAt(node, 'scripts')));
  const hooks: PackageHook[] = [];
  for (const [name, { text: value, line }] of scripts!)
    if (old!.get(name)?.text !== value && (lifecycle.has(name) || isImplicit(name, scripts!)))
      hooks.push({ kind: 'script', name, line, value });
  for (const path of fields) {
    const node = at(root, path);
    if (node === null || canonicalOf(node) === canonicalOf(at(before, path))) continue;
    hooks.push({ kind: 'field', name: path.join('.'), line: node.line, value: canonicalOf(node) });
  }
  return hooks;
};
