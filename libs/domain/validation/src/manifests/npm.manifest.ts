import {
  folderInside,
  registry,
  sourceOf,
  unreadable,
  type Dependency,
  type ManifestRead,
  type Source,
  type Setting,
} from './dependency.js';
import {
  canonicalOf,
  objectAt,
  readJson,
  textAt,
  textsOf,
  type JsonNode,
  type JsonObject,
} from './json.node.js';

const fields = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
const overrideFields: readonly (readonly string[])[] = [
  ['overrides'],
  ['resolutions'],
  ['pnpm', 'overrides'],
  ['pnpm', 'packageExtensions'],
  ['pnpm', 'patchedDependencies'],
  ['bundleDependencies'],
  ['bundledDependencies'],
  ['publishConfig', 'registry'],
];

type Opened = { readonly ok: true; readonly root: JsonObject } | Extract<ManifestRead, { ok: false }>;

const open = (text: string): Opened => {
  const read = readJson(text);
  if (!read.ok) return { ok: false, line: read.line, why: read.why };
  const [twice] = read.twice;
  if (twice !== undefined)
    return {
      ok: false,
      line: twice.line,
      why: `it has the key ${JSON.stringify(twice.key.slice(0, 80))} twice`,
    };
  if (read.root.kind !== 'object') return { ok: false, line: 1, why: 'it is no object' };
  return { ok: true, root: read.root };
};

/** The name and range behind `npm:`; null where it is no alias. */
const aliasIn = (spec: string): { name: string; version: string } | null => {
  const found = /^npm:((?:@[^@/]+\/)?[^@/]+)(?:@(.*))?$/.exec(spec);
  return found === null ? null : { name: found[1]!, version: found[2] ?? '' };
};

const wanted = (name: string, spec: string, line: number): Dependency => {
  const alias = aliasIn(spec);
  if (alias !== null && alias.name !== name)
    return { name, version: alias.version, line, source: registry(), integrity: [], alias: alias.name };
  return { name, version: spec, line, source: sourceOf(alias?.version ?? spec), integrity: [] };
};

const overridesOf = (root: JsonObject): Setting[] =>
  overrideFields.flatMap((path) => {
    const node = objectAt(root, ...path.slice(0, -1))?.members.get(path.at(-1)!);
    if (node === undefined) return [];
    if (node.kind !== 'object') return [{ name: path.join('.'), value: canonicalOf(node), line: node.line }];
    return [...node.members].map(([key, value]) => ({
      ...{ name: `${path.join('.')} ${key}`, value: canonicalOf(value), line: value.line },
    }));
  });

export const readPackage = (text: string): ManifestRead => {
  const opened = open(text);
  if (!opened.ok) return opened;
  const dependencies = fields.flatMap((field) =>
    [...textsOf(objectAt(opened.root, field))].map(([name, { text: spec, line }]) =>
      wanted(name, spec, line),
    ),
  );
  return { ok: true, manifest: { dependencies, overrides: overridesOf(opened.root), registries: [] } };
};

/** The name that the path of a lockfile installs; null for a folder of the repository. */
const nameIn = (path: string): string | null => {
  const at = path.lastIndexOf('node_modules/');
  return at < 0 ? null : path.slice(at + 'node_modules/'.length);
};

const isTrue = (node: JsonNode, key: string): boolean => {
  const found = node.kind === 'object' ? node.members.get(key) : undefined;
  return found?.kind === 'other' && found.text === 'true';
};

/** Whether it is fetched at all: as a link it is a folder, in a bundle it comes with the package that has it. */
const sourceIn = (entry: JsonObject, resolved: string | null, bundler: boolean): Source => {
  if (isTrue(entry, 'link')) {
    const inside = resolved !== null && folderInside(resolved) !== null;
    return inside ? { kind: 'local', url: null } : { kind: 'path', url: resolved };
  }
  // So the copy for old npm writes a workspace.
  const folder = /^file:(.*)$/.exec(resolved ?? '')?.[1];
  if (folder !== undefined && !/\.(?:tgz|tar|tar\.gz)$/.test(folder) && folderInside(folder) !== null)
    return { kind: 'local', url: null };
  // Nobody bundles what has an address of its own.
  const bundled = isTrue(entry, 'inBundle') || isTrue(entry, 'bundled');
  if (bundled && bundler && resolved === null) return { kind: 'local', url: null };
  const source = resolved === null ? registry() : sourceOf(resolved);
  // A tarball of a registry is what most entries are.
  return source.kind === 'url' ? registry(source.url) : source;
};

const locked = (name: string, entry: JsonObject, bundler: boolean): Dependency => {
  const version = textAt(entry, 'version') ?? '';
  const resolved = textAt(entry, 'resolved') ?? (/[:/]/.test(version) ? version : null);
  const integrity = (textAt(entry, 'integrity') ?? '').split(/\s+/).filter((word) => word !== '');
  const real = textAt(entry, 'name');
  return {
    name,
    version,
    line: entry.line,
    source: sourceIn(entry, resolved, bundler),
    integrity,
    ...(real !== null && real !== name ? { alias: real } : {}),
  };
};

/** Of version 1, and of the copy for old npm in version 2: each may hold others. */
const nested = (root: JsonObject): Dependency[] => {
  const found: Dependency[] = [];
  const todo = [{ at: objectAt(root, 'dependencies'), inner: false }];
  for (let next = todo.pop(); next !== undefined; next = todo.pop())
    for (const [name, entry] of next.at?.members ?? []) {
      if (entry.kind !== 'object') continue;
      found.push(locked(name, entry, next.inner));
      todo.push({ at: objectAt(entry, 'dependencies'), inner: true });
    }
  return found;
};

const bundles = (entry: JsonNode | undefined): boolean =>
  ['bundleDependencies', 'bundledDependencies'].some((key) => {
    const found = entry?.kind === 'object' ? entry.members.get(key) : undefined;
    return found?.kind === 'array'
      ? found.items.length > 0
      : found?.kind === 'other' && found.text === 'true';
  });

/** Whether a package around this one, or the repository itself, says that it comes with others. */
const hasBundler = (path: string, packages: JsonObject): boolean => {
  for (let at = path; at !== '';) {
    at = at.slice(0, Math.max(at.lastIndexOf('node_modules/'), 0)).replace(/\/$/, '');
    if (bundles(packages.members.get(at))) return true;
  }
  return false;
};

export const readPackageLock = (text: string): ManifestRead => {
  const opened = open(text);
  if (!opened.ok) return opened;
  const { root } = opened;
  const packages = objectAt(root, 'packages');
  if (packages === null && objectAt(root, 'dependencies') === null && !root.members.has('lockfileVersion'))
    return unreadable('it has neither packages nor dependencies');
  const dependencies = nested(root);
  const wants = new Map<string, Map<string, string>>();
  for (const [path, entry] of packages?.members ?? []) {
    if (entry.kind !== 'object') return unreadable('an entry is no object', entry.line);
    const name = nameIn(path);
    if (name !== null) dependencies.push(locked(name, entry, hasBundler(path, packages!)));
    else
      wants.set(
        path,
        new Map(
          fields
            .flatMap((field) => [...textsOf(objectAt(entry, field))])
            .map(([key, spec]) => [key, spec.text]),
        ),
      );
  }
  return { ok: true, manifest: { dependencies, overrides: [], registries: [], wants, pinned: true } };
};
