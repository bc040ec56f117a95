import { registry, unreadable, type Dependency, type ManifestRead, type Setting } from './dependency.js';
import {
  isTable,
  lineFinder,
  readToml,
  readTomlLock,
  shown,
  stringAt,
  tableAt,
  type TomlTable,
  type TomlValue,
} from './toml.table.js';

const cargoSource = (value: TomlValue): Dependency['source'] => {
  const git = stringAt(value, 'git');
  if (git !== null) return { kind: 'git', url: git };
  const path = stringAt(value, 'path');
  if (path !== null) return { kind: 'path', url: path };
  return registry(stringAt(value, 'registry-index'));
};

const cargoTables = (table: TomlTable): TomlTable[] =>
  [table, tableAt(table, 'workspace'), ...Object.values(tableAt(table, 'target'))].flatMap((one) =>
    ['dependencies', 'dev-dependencies', 'build-dependencies'].map((key) => tableAt(one, key)),
  );

export const readCargo = (text: string): ManifestRead => {
  const table = readToml(text);
  if (table === null) return unreadable('it is no TOML');
  const lineOf = lineFinder(text);
  const dependencies = cargoTables(table).flatMap((one) =>
    Object.entries(one)
      // Told by the workspace, in another table or file.
      .filter(([, value]) => !(isTable(value) && value.workspace === true))
      .map(([name, value]): Dependency => {
        const alias = stringAt(value, 'package');
        const version = typeof value === 'string' ? value : (stringAt(value, 'version') ?? shown(value));
        return {
          ...{ name, version, line: lineOf(name), source: cargoSource(value), integrity: [] },
          ...(alias === null || alias === name ? {} : { alias }),
        };
      }),
  );
  const patched = ['patch', 'replace'].flatMap((key) => Object.entries(tableAt(table, key)));
  const overrides = patched.map(([name, value]) => ({ name, value: shown(value), line: lineOf(name) }));
  return { ok: true, manifest: { dependencies, overrides, registries: [] } };
};

export const readCargoLock = (text: string): ManifestRead => {
  const lock = readTomlLock(text);
  if (lock === null) return unreadable('it is no TOML');
  const old = tableAt(lock.rest, 'metadata');
  const dependencies = lock.packages.flatMap(({ entry, line }): Dependency[] => {
    const [name, version] = [stringAt(entry, 'name'), stringAt(entry, 'version') ?? ''];
    if (name === null) return [];
    const from = stringAt(entry, 'source');
    const checksum =
      stringAt(entry, 'checksum') ?? stringAt(old, `checksum ${name} ${version} (${from ?? ''})`);
    const source: Dependency['source'] =
      from === null
        ? { kind: 'local', url: null }
        : from.startsWith('git+')
          ? { kind: 'git', url: from }
          : registry(from.replace(/^(?:registry|sparse)\+/, ''));
    const integrity = checksum === null ? [] : [`sha256-${checksum}`];
    return [{ name, version, line, source, integrity }];
  });
  return { ok: true, manifest: { dependencies, overrides: [], registries: [], pinned: true } };
};

/** Lines of go.mod without comments, each with the block it stands in. */
const goLines = (text: string): { word: string; rest: string; line: number }[] => {
  let block: string | null = null;
  return text.split(/\r?\n/).flatMap((raw, i) => {
    const body = raw.replace(/\/\/.*$/, '').trim();
    if (body === '') return [];
    const opens = /^([a-z]+)\s*\($/.exec(body);
    if (opens !== null) {
      block = opens[1]!;
      return [];
    }
    if (body === ')') {
      block = null;
      return [];
    }
    if (block !== null) return [{ word: block, rest: body, line: i + 1 }];
    const found = /^([a-z]+)\s+(.*)$/.exec(body);
    return [{ word: found?.[1] ?? '', rest: found?.[2] ?? body, line: i + 1 }];
  });
};

export const readGoMod = (text: string): ManifestRead => {
  const dependencies: Dependency[] = [];
  const overrides: Setting[] = [];
  for (const { word, rest, line } of goLines(text)) {
    const [name = '', version = ''] = rest.split(/\s+/);
    if (word === 'require' || word === 'tool')
      dependencies.push({ name, version, line, source: registry(), integrity: [] });
    else if (word === 'replace' || word === 'toolchain' || word === 'godebug')
      overrides.push({ name: `${word} ${name}`, value: rest, line });
    else if (!['module', 'go', 'exclude', 'retract', 'ignore'].includes(word))
      return unreadable('the line has a form that go.mod does not have', line);
  }
  return { ok: true, manifest: { dependencies, overrides, registries: [] } };
};

export const readGoSum = (text: string): ManifestRead => {
  const dependencies: Dependency[] = [];
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    if (raw.trim() === '') continue;
    const [name, version, hash, more] = raw.trim().split(/\s+/);
    if (name === undefined || version === undefined || hash === undefined || more !== undefined)
      return unreadable('the line has not three words', i + 1);
    dependencies.push({
      name,
      version,
      line: i + 1,
      source: registry(),
      integrity: [hash.replace(':', '-')],
    });
  }
  return { ok: true, manifest: { dependencies, overrides: [], registries: [] } };
};

export const readGemfileLock = (text: string): ManifestRead => {
  const dependencies: Dependency[] = [];
  const registries: Setting[] = [];
  let section = '';
  let remote: string | null = null;
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = i + 1;
    if (/^[A-Z][A-Z ]*$/.test(raw)) {
      section = raw;
      remote = null;
    }
    const url = /^ {2}remote: (\S+)$/.exec(raw)?.[1];
    if (url !== undefined) {
      remote = url;
      if (section === 'GEM') registries.push({ name: 'remote', value: url, line });
    }
    const spec = /^ {4}([\w.-]+) \(([^)]+)\)$/.exec(raw);
    if (spec === null) continue;
    const kinds: Record<string, Dependency['source']['kind']> = { GIT: 'git', PATH: 'path', GEM: 'registry' };
    const kind = kinds[section];
    if (kind === undefined) continue;
    const source = { kind, url: kind === 'registry' ? null : remote };
    dependencies.push({ name: spec[1]!, version: spec[2]!, line, source, integrity: [] });
  }
  return { ok: true, manifest: { dependencies, overrides: [], registries } };
};
