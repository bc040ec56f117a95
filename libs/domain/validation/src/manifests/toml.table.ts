import { parse, type TomlTable, type TomlValue } from 'smol-toml';

export type { TomlTable, TomlValue } from 'smol-toml';

/** The parser looks ahead to the next dot for every key, however far it is: what it gets is kept short. */
const maxBytes = 65_536;

/** Null where it is no TOML, or longer than anybody writes by hand. */
export const readToml = (text: string): TomlTable | null => {
  if (text.length > maxBytes) return null;
  try {
    return parse(text);
  } catch {
    return null;
  }
};

export const isTable = (value: TomlValue | undefined): value is TomlTable =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date);

/** What stands at a path of keys; undefined where nothing does. */
export const valueAt = (table: TomlValue | undefined, ...path: readonly string[]): TomlValue | undefined => {
  let value = table;
  for (const key of path) value = isTable(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  return value;
};

export const tableAt = (table: TomlValue | undefined, ...path: readonly string[]): TomlTable => {
  const value = valueAt(table, ...path);
  return isTable(value) ? value : {};
};

export const listAt = (table: TomlValue | undefined, ...path: readonly string[]): TomlValue[] => {
  const value = valueAt(table, ...path);
  return Array.isArray(value) ? value : [];
};

export const stringAt = (table: TomlValue | undefined, ...path: readonly string[]): string | null => {
  const value = valueAt(table, ...path);
  return typeof value === 'string' ? value : null;
};

export const shown = (value: TomlValue | undefined): string =>
  value === undefined
    ? ''
    : JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? `${inner}` : inner));

/** The parser tells no lines: the first line on which the word stands is shown instead. */
export const lineFinder = (text: string): ((word: string) => number) => {
  const first = new Map<string, number>();
  text.split('\n').forEach((line, i) => {
    for (const word of line.match(/[\w.@/-]+/g) ?? []) if (!first.has(word)) first.set(word, i + 1);
  });
  return (word) => first.get(word) ?? 1;
};

/** One entry of a lockfile, and the line it begins on. */
export interface TomlEntry {
  readonly entry: TomlTable;
  readonly line: number;
}

export interface TomlLock {
  readonly packages: readonly TomlEntry[];
  /** All that stands outside of the packages. */
  readonly rest: TomlTable;
}

/** A lockfile is a long list of `[[package]]`: each is read by itself. Null where any part cannot be. */
export const readTomlLock = (text: string): TomlLock | null => {
  const parts: { line: number; isPackage: boolean; lines: string[] }[] = [
    { line: 1, isPackage: false, lines: [] },
  ];
  text.split('\n').forEach((line, i) => {
    const isPackage = /^\[\[package\]\]\s*$/.test(line);
    const ends = parts.at(-1)!.isPackage && /^\[(?!\[?package\.)/.test(line);
    if (isPackage || ends) parts.push({ line: i + 1, isPackage, lines: [] });
    parts.at(-1)!.lines.push(line);
  });
  const packages: TomlEntry[] = [];
  let rest = '';
  for (const { line, isPackage, lines } of parts) {
    if (!isPackage) {
      rest += `${lines.join('\n')}\n`;
      continue;
    }
    const table = readToml(lines.join('\n'));
    const [entry, more] = listAt(table ?? {}, 'package');
    if (table === null || !isTable(entry) || more !== undefined || Object.keys(table).length > 1) return null;
    packages.push({ entry, line });
  }
  const table = readToml(rest);
  return table === null || listAt(table, 'package').length > 0 ? null : { packages, rest: table };
};
