import { readBlocks, readFlow, type Block } from './block.reader.js';
import {
  folderInside,
  registry,
  sourceOf,
  unreadable,
  type Dependency,
  type ManifestRead,
  type Source,
} from './dependency.js';

/** `/@scope/name@1.0.0(peer@2)`, `/@scope/name/1.0.0_peer@2`, `@scope/name@1.0.0`, `name@https://…`. */
const splitKey = (key: string): { name: string; version: string } | null => {
  const plain = key.replace(/^\//, '').replace(/\(.*$/, '');
  const found = /^((?:@[^/@]+\/)?[^/@]+)[@/](.+)$/.exec(plain);
  return found === null ? null : { name: found[1]!, version: found[2]! };
};

const resolutionOf = (block: Block): Map<string, string> | null => {
  const resolution = block.inner.get('resolution');
  if (resolution === undefined) return new Map();
  if (resolution.value !== null) return readFlow(resolution.value);
  return new Map([...resolution.inner].map(([key, { value }]) => [key, value ?? '']));
};

const sourceIn = (resolution: ReadonlyMap<string, string>): Source => {
  const tarball = resolution.get('tarball');
  const repo = resolution.get('repo');
  if (repo !== undefined) return { kind: 'git', url: repo };
  if (resolution.get('type') === 'directory') return { kind: 'path', url: resolution.get('directory') ?? '' };
  if (tarball === undefined) return registry();
  const source = sourceOf(tarball);
  return source.kind === 'url' ? registry(tarball) : source;
};

const locked = (key: string, block: Block): Dependency | null => {
  const resolution = resolutionOf(block);
  const named = splitKey(key);
  if (resolution === null) return null;
  const name = block.inner.get('name')?.value ?? named?.name ?? key;
  const version = block.inner.get('version')?.value ?? named?.version.replace(/_.*$/, '') ?? key;
  const integrity = resolution.get('integrity');
  const digests = integrity === undefined ? [] : integrity.split(/\s+/);
  return { name, version, line: block.line, source: sourceIn(resolution), integrity: digests };
};

const specifiersOf = (importer: Block): Map<string, string> => {
  const wants = new Map<string, string>();
  for (const field of ['dependencies', 'devDependencies', 'optionalDependencies'])
    for (const [name, { inner }] of importer.inner.get(field)?.inner ?? []) {
      const specifier = inner.get('specifier')?.value;
      if (specifier != null) wants.set(name, specifier);
    }
  return wants;
};

/** What a folder takes from another folder instead of a registry. */
const linkedIn = (dir: string, importer: Block): Dependency[] =>
  ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((field) =>
    [...(importer.inner.get(field)?.inner ?? [])].flatMap(([name, { inner, line }]): Dependency[] => {
      const version = inner.get('version')?.value ?? '';
      const path = /^(?:link|file):(.*)$/.exec(version)?.[1];
      if (path === undefined) return [];
      const asked = inner.get('specifier')?.value ?? '';
      const own = /^(?:workspace|link|file):/.test(asked) && folderInside(path, dir) !== null;
      const source: Source = own ? { kind: 'local', url: null } : { kind: 'path', url: version };
      return [{ name, version, line, source, integrity: [] }];
    }),
  );

export const readPnpmLock = (text: string): ManifestRead => {
  const read = readBlocks(text, 'colon');
  if (!read.ok) return unreadable(read.why, read.line);
  if (!read.blocks.has('lockfileVersion')) return unreadable('it has no lockfileVersion');
  const dependencies: Dependency[] = [];
  for (const [key, block] of read.blocks.get('packages')?.inner ?? []) {
    const found = locked(key, block);
    if (found === null) return unreadable('an entry has a resolution of another form', block.line);
    dependencies.push(found);
  }
  const wants = new Map<string, Map<string, string>>();
  for (const [dir, importer] of read.blocks.get('importers')?.inner ?? []) {
    wants.set(dir === '.' ? '' : dir, specifiersOf(importer));
    dependencies.push(...linkedIn(dir, importer));
  }
  const overrides = ['overrides', 'patchedDependencies'].flatMap((field) =>
    [...(read.blocks.get(field)?.inner ?? [])].map(([key, { value, line, inner }]) => ({
      ...{
        name: `${field} ${key}`,
        value: value ?? [...inner.values()].map((one) => one.value).join(' '),
        line,
      },
    })),
  );
  return { ok: true, manifest: { dependencies, overrides, registries: [], wants, pinned: true } };
};
