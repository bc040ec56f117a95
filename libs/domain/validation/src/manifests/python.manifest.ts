import {
  registry,
  sourceOf,
  unreadable,
  type Dependency,
  type ManifestRead,
  type Setting,
} from './dependency.js';
import {
  lineFinder,
  listAt,
  readToml,
  readTomlLock,
  shown,
  stringAt,
  tableAt,
  valueAt,
  type TomlTable,
  type TomlValue,
} from './toml.table.js';

/** Names of Python packages are compared so (PEP 503). */
export const pythonName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

/** A requirement of PEP 508; null for what is none. */
const readRequirement = (text: string, line: number): Dependency | null => {
  const found = /^([A-Za-z0-9][\w.-]*)[ \t]*(?:\[[^\]]*\])?[ \t]*(.*)$/s.exec(text);
  if (found === null) return null;
  const rest = found[2]!.trim();
  const integrity = [...rest.matchAll(/--hash[= ](\w+):([0-9a-fA-F]+)/g)].map(
    ([, kind, hex]) => `${kind}-${hex}`,
  );
  const version = rest.split(/;|--hash/, 1)[0]!.trim();
  const url = /^@\s*(\S+)/.exec(rest)?.[1];
  const source = url === undefined ? registry() : sourceOf(url);
  return { name: pythonName(found[1]!), version, line, source, integrity };
};

/** `-e git+https://…#egg=name` and a path or URL alone. */
const readPlace = (place: string, line: number): Dependency => {
  const egg = /[#&]egg=([\w.-]+)/.exec(place)?.[1];
  const source = sourceOf(place);
  return {
    name: pythonName(egg ?? place),
    version: place,
    line,
    source: source.kind === 'registry' ? { kind: 'path', url: place } : source,
    integrity: [],
  };
};

export const readRequirements = (text: string): ManifestRead => {
  const dependencies: Dependency[] = [];
  const registries: Setting[] = [];
  const overrides: Setting[] = [];
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  for (let i = 0; i < lines.length; i += 1) {
    const line = i + 1;
    const parts = [lines[i]!];
    while (parts.at(-1)!.endsWith('\\') && i + 1 < lines.length) parts.push(lines[++i]!);
    const body = parts
      .map((part) => part.replace(/\\$/, ''))
      .join(' ')
      .replace(/(?:^|\s)#.*$/s, '')
      .trim();
    if (body === '') continue;
    const option = /^(-[a-zA-Z]|--[a-z-]+)(?:[= ]\s*|)(.*)$/s.exec(body);
    if (option === null) {
      const found = /^(?:[./~]|[a-z+]+:\/\/)/i.test(body)
        ? readPlace(body, line)
        : readRequirement(body, line);
      if (found === null) return unreadable('the line is no requirement', line);
      dependencies.push(found);
      continue;
    }
    const [, name = '', value = ''] = option;
    if (/^(?:-e|--editable)$/.test(name)) dependencies.push(readPlace(value, line));
    else if (/^(?:-i|--index-url|--extra-index-url|-f|--find-links)$/.test(name))
      registries.push({ name, value: value.trim(), line });
    else if (!/^(?:-r|--requirement|-c|--constraint)$/.test(name)) overrides.push({ name, value, line });
  }
  return { ok: true, manifest: { dependencies, overrides, registries } };
};

const ofTable = (table: TomlTable, lineOf: (word: string) => number): Dependency[] =>
  Object.entries(table)
    .filter(([name]) => name !== 'python')
    .map(([name, value]) => {
      const [git, url, path] = ['git', 'url', 'path'].map((key) => stringAt(value, key));
      const version = typeof value === 'string' ? value : (stringAt(value, 'version') ?? shown(value));
      const source =
        git != null
          ? ({ kind: 'git', url: git } as const)
          : url != null
            ? sourceOf(url)
            : path != null
              ? ({ kind: 'path', url: path } as const)
              : registry();
      return { name: pythonName(name), version, line: lineOf(name), source, integrity: [] };
    });

const requirementLists = (table: TomlTable): TomlValue[] => [
  ...listAt(table, 'project', 'dependencies'),
  ...listAt(table, 'build-system', 'requires'),
  ...Object.values(tableAt(table, 'project', 'optional-dependencies')).flat(),
  ...Object.values(tableAt(table, 'dependency-groups')).flat(),
  ...listAt(table, 'tool', 'uv', 'dev-dependencies'),
];

export const readPyproject = (text: string): ManifestRead => {
  const table = readToml(text);
  if (table === null) return unreadable('it is no TOML');
  const lineOf = lineFinder(text);
  const dependencies = requirementLists(table).flatMap((one) => {
    const found = typeof one === 'string' ? readRequirement(one, 1) : null;
    const name = typeof one === 'string' ? (/^[\w.-]+/.exec(one)?.[0] ?? '') : '';
    return found === null ? [] : [{ ...found, line: lineOf(name) }];
  });
  const poetry = tableAt(table, 'tool', 'poetry');
  const groups = Object.values(tableAt(poetry, 'group')).map((group) => tableAt(group, 'dependencies'));
  for (const one of [tableAt(poetry, 'dependencies'), tableAt(poetry, 'dev-dependencies'), ...groups])
    dependencies.push(...ofTable(one, lineOf));
  const uv = tableAt(table, 'tool', 'uv');
  const overrides = Object.entries(tableAt(uv, 'sources'))
    .map(([name, value]) => ({ name: `sources ${name}`, value: shown(value), line: lineOf(name) }))
    .concat(
      ['override-dependencies', 'constraint-dependencies'].flatMap((key) => {
        const value = valueAt(uv, key);
        return value === undefined ? [] : [{ name: key, value: shown(value), line: lineOf(key) }];
      }),
    );
  const registries = [...listAt(poetry, 'source'), ...listAt(uv, 'index')].flatMap((one) => {
    const url = stringAt(one, 'url');
    return url === null
      ? []
      : [{ name: stringAt(one, 'name') ?? 'index', value: url, line: lineOf(url.replace(/^\w+:/, '')) }];
  });
  return { ok: true, manifest: { dependencies, overrides, registries } };
};

const hashesOf = (entry: TomlTable): string[] =>
  [...listAt(entry, 'files'), ...listAt(entry, 'wheels'), valueAt(entry, 'sdist')]
    .map((one) => stringAt(one, 'hash'))
    .filter((hash) => hash !== null)
    .map((hash) => hash.replace(':', '-'));

/** URLs from which the files of one entry of uv.lock come, and its index. */
const urlsOf = (entry: TomlTable): string[] =>
  [
    stringAt(entry, 'source', 'registry'),
    stringAt(valueAt(entry, 'sdist'), 'url'),
    ...listAt(entry, 'wheels').map((one) => stringAt(one, 'url')),
    ...listAt(entry, 'files').map((one) => stringAt(one, 'url')),
  ].filter((url) => url !== null);

const lockedSource = (entry: TomlTable): Dependency['source'] => {
  const source = tableAt(entry, 'source');
  const kind = stringAt(source, 'type');
  const url = stringAt(source, 'url');
  const git = stringAt(source, 'git');
  if (git !== null || kind === 'git') return { kind: 'git', url: git ?? url };
  if (['editable', 'virtual', 'workspace'].some((key) => Object.hasOwn(source, key)))
    return { kind: 'local', url: null };
  const path = stringAt(source, 'path') ?? stringAt(source, 'directory');
  if (path !== null || kind === 'directory' || kind === 'file') return { kind: 'path', url: path ?? url };
  return url === null ? registry() : kind === 'url' ? { kind: 'url', url } : registry(url);
};

/** `poetry.lock` and `uv.lock`. */
export const readPythonLock = (text: string): ManifestRead => {
  const lock = readTomlLock(text);
  if (lock === null) return unreadable('it is no TOML');
  const registries: Setting[] = [];
  const dependencies = lock.packages.flatMap(({ entry, line }): Dependency[] => {
    const name = stringAt(entry, 'name');
    if (name === null) return [];
    // Many files of one entry come from one place: each place once.
    const places = new Map(urlsOf(entry).map((url) => [/^[^/]*\/\/[^/]*/.exec(url)?.[0] ?? url, url]));
    for (const value of places.values()) registries.push({ name, value, line });
    const version = stringAt(entry, 'version') ?? '';
    return [
      { name: pythonName(name), version, line, source: lockedSource(entry), integrity: hashesOf(entry) },
    ];
  });
  return { ok: true, manifest: { dependencies, overrides: [], registries } };
};
