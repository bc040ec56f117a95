/** One pattern of an attribute file and what it sets, as git's own parser takes it apart. */
export interface AttributeLine {
  /** From 1. */
  readonly line: number;
  /** Unquoted; the name behind `[attr]` for a macro. */
  readonly pattern: string;
  readonly macro: boolean;
  readonly settings: readonly AttributeSetting[];
}

export interface AttributeSetting {
  readonly name: string;
  /** True and false for `name` and `-name`, null for `!name`, text for `name=value`. */
  readonly value: boolean | null | string;
}

export interface IgnoredAttributeLine {
  readonly line: number;
  readonly why: 'too_long' | 'negative_pattern' | 'invalid_name';
}

/** What git skips of a file, it skips without a word in most commands. */
export interface AttributeFile {
  readonly lines: readonly AttributeLine[];
  readonly ignored: readonly IgnoredAttributeLine[];
}

/** Git reads no longer line. */
const maxLine = 2048;

const blank = new Set([' ', '\t', '\r', '\n']);
const escapes: Record<string, string> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', '"': '"' },
};

/** Git's unquote_c_style on a line of bytes or text; null where it is not quoted to its end. */
const unquote = (line: string): { text: string; rest: string } | null => {
  let text = '';
  for (let at = 1; at < line.length; at += 1) {
    const char = line[at]!;
    if (char === '"') return { text, rest: line.slice(at + 1) };
    if (char !== '\\') {
      text += char;
      continue;
    }
    at += 1;
    const octal = /^[0-3][0-7]{2}/.exec(line.slice(at, at + 3));
    const plain = escapes[line[at] ?? ''];
    if (octal === null && plain === undefined) return null;
    text += octal === null ? plain! : String.fromCharCode(parseInt(octal[0], 8));
    if (octal !== null) at += 2;
  }
  return null;
};

const skipBlank = (text: string): string => {
  let at = 0;
  while (blank.has(text[at] ?? '')) at += 1;
  return text.slice(at);
};

const splitName = (line: string): { pattern: string; rest: string } => {
  const quoted = line.startsWith('"') ? unquote(line) : null;
  if (quoted !== null) return { pattern: quoted.text, rest: quoted.rest };
  let end = 0;
  while (end < line.length && !blank.has(line[end]!)) end += 1;
  return { pattern: line.slice(0, end), rest: line.slice(end) };
};

/** Letters, digits, `-`, `.` and `_`, not beginning with a dash; names with `builtin_` are git's own. */
const isName = (name: string): boolean => /^[-A-Za-z0-9_.]+$/.test(name) && !name.startsWith('-');

const settingOf = (word: string): AttributeSetting | null => {
  const equals = word.indexOf('=');
  const sign = word[0];
  if (sign === '-' || sign === '!') {
    // Git takes the text behind an equals sign for nothing here: the name ends there.
    const name = word.slice(1, equals < 0 ? undefined : equals);
    return isName(name) ? { name, value: sign === '-' ? false : null } : null;
  }
  if (equals < 0) return isName(word) ? { name: word, value: true } : null;
  const name = word.slice(0, equals);
  return isName(name) ? { name, value: word.slice(equals + 1) } : null;
};

type Read = AttributeLine | IgnoredAttributeLine['why'] | null;

const macroPrefix = '[attr]';

const readLine = (source: string, line: number): Read => {
  // Git cuts at a NUL, since it reads the line as a C string.
  const whole = source.split('\0', 1)[0]!;
  const text = skipBlank(whole);
  if (text === '' || text.startsWith('#')) return null;
  if (Buffer.byteLength(whole) >= maxLine) return 'too_long';
  const { pattern: name, rest } = splitName(text);
  const macro = name.length > macroPrefix.length && name.startsWith(macroPrefix);
  const pattern = macro ? skipBlank(name.slice(macroPrefix.length)).split(/[ \t\r\n]/, 1)[0]! : name;
  if (macro && !isName(pattern)) return 'invalid_name';
  const words = rest.split(/[ \t\r\n]+/).filter((word) => word !== '');
  const settings = words.map(settingOf);
  // One name that is none, and git leaves the whole line alone.
  if (settings.includes(null)) return 'invalid_name';
  if (!macro && pattern.startsWith('!')) return 'negative_pattern';
  return { line, pattern, macro, settings: settings as AttributeSetting[] };
};

export const readAttributes = (text: string): AttributeFile => {
  const lines: AttributeLine[] = [];
  const ignored: IgnoredAttributeLine[] = [];
  // Git skips a byte order mark of UTF-8 before the first line.
  const source = text.replace(/^(?:\ufeff|\xef\xbb\xbf)/, '');
  source.split('\n').forEach((one, i) => {
    const read = readLine(one, i + 1);
    if (typeof read === 'string') ignored.push({ line: i + 1, why: read });
    else if (read !== null) lines.push(read);
  });
  return { lines, ignored };
};
