import { textOfPath, type RawPath } from '@gatehouse/policy';

const letters: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

const octal = (byte: number): string => `\\${byte.toString(8).padStart(3, '0')}`;

/** Git's own rule: control characters, the quote and the backslash always; high bytes under core.quotePath. */
const quoteByte = (byte: number, high: boolean): string | null =>
  letters[byte] ?? (byte < 0x20 || byte === 0x7f || (high && byte >= 0x80) ? octal(byte) : null);

/** All that the rule leaves as it is; most paths are made of nothing else. */
const plain = /^[ !#-[\]-~]*$/;

/**
 * C-quotes a raw path as git does. `high` is core.quotePath: with it every byte from 0x80 on is escaped.
 * The answer is a raw path again, and the very same one where nothing needs quoting.
 */
export const cQuote = (path: string, high: boolean): string => {
  if (plain.test(path)) return path;
  let quoted = '';
  let changed = false;
  for (let i = 0; i < path.length; i += 1) {
    const escape = quoteByte(path.charCodeAt(i), high);
    changed ||= escape !== null;
    quoted += escape ?? path[i];
  }
  return changed ? `"${quoted}"` : path;
};

/** Control and invisible characters: shown as they are, they would let one path pass for another. */
const unseen = /[\p{Cc}\p{Cf}]/u;

/** The path as people read it: text where it is plain UTF-8 that one can see, else quoted as git quotes it. */
export const quotePath = (path: RawPath): string => {
  const text = textOfPath(path);
  if (text === null || unseen.test(text) || cQuote(path, false) !== path) return cQuote(path, true);
  return text;
};

const escapes: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  '"': 34,
  '\\': 92,
};

/**
 * Reads a C-quoted name that begins at `from` with a quote. `end` is where the text goes on behind it. Null where
 * it is not exactly what git writes: another spelling of the same name is a way to be read differently twice.
 */
export const readQuoted = (
  line: string,
  from: number,
): { readonly name: string; readonly end: number } | null => {
  if (line[from] !== '"') return null;
  let name = '';
  let at = from + 1;
  while (at < line.length && line[at] !== '"') {
    if (line[at] !== '\\') {
      name += line[at];
      at += 1;
      continue;
    }
    const digits = line.slice(at + 1, at + 4);
    const letter = escapes[line[at + 1] ?? ''];
    if (letter !== undefined) {
      name += String.fromCharCode(letter);
      at += 2;
    } else if (/^[0-3][0-7]{2}$/.test(digits)) {
      name += String.fromCharCode(parseInt(digits, 8));
      at += 4;
    } else {
      return null;
    }
  }
  if (at >= line.length) return null;
  const end = at + 1;
  const text = line.slice(from, end);
  return text === cQuote(name, true) || text === cQuote(name, false) ? { name, end } : null;
};
