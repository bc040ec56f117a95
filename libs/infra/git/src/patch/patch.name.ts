const escapes: Record<string, number> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** Reads a name git has quoted in C style, from its opening quote on. Undefined where it is not well-formed. */
export const readQuoted = (
  text: string,
  at: number,
): { readonly name: string; readonly end: number } | undefined => {
  if (text[at] !== '"') return undefined;
  let name = '';
  for (let i = at + 1; i < text.length; i++) {
    const char = text[i] as string;
    if (char === '"') return { name, end: i + 1 };
    if (char !== '\\') {
      name += char;
      continue;
    }
    const octal = /^[0-3][0-7]{2}/.exec(text.slice(i + 1, i + 4))?.[0];
    if (octal !== undefined) {
      name += String.fromCharCode(parseInt(octal, 8));
      i += 3;
      continue;
    }
    const code = escapes[text[i + 1] ?? ''];
    if (code === undefined) return undefined;
    name += String.fromCharCode(code);
    i++;
  }
  return undefined;
};

/** A whole field: quoted, or as it stands. Latin-1 text stands for bytes throughout. */
export const readField = (text: string): string | undefined => {
  if (!text.startsWith('"')) return text;
  const quoted = readQuoted(text, 0);
  return quoted !== undefined && quoted.end === text.length ? quoted.name : undefined;
};

/** The two names of `a/… b/…`; unquoted names with blanks are told apart by being equal, as git does. */
export const readPair = (text: string): { readonly before: string; readonly after: string } | undefined => {
  const strip = (before: string | undefined, after: string | undefined) =>
    before?.startsWith('a/') === true &&
    after?.startsWith('b/') === true &&
    before.length > 2 &&
    after.length > 2
      ? { before: before.slice(2), after: after.slice(2) }
      : undefined;
  if (text.startsWith('"')) {
    const first = readQuoted(text, 0);
    if (first === undefined || text[first.end] !== ' ') return undefined;
    return strip(first.name, readField(text.slice(first.end + 1)));
  }
  if (text.endsWith('"')) {
    const quote = text.indexOf(' "');
    return quote < 0 ? undefined : strip(text.slice(0, quote), readField(text.slice(quote + 1)));
  }
  const half = (text.length - 1) / 2;
  const equal = strip(text.slice(0, half), text.slice(half + 1));
  if (Number.isInteger(half) && text[half] === ' ' && equal !== undefined && equal.before === equal.after)
    return equal;
  // Different names: only a rename has them, and then the one split whose right side begins with b/ must be unique.
  const splits = [...text.matchAll(/ b\//g)].map((match) => match.index);
  return splits.length === 1
    ? strip(text.slice(0, splits[0]), text.slice((splits[0] as number) + 1))
    : undefined;
};

/** Why a path can be in no tree; undefined where it can. */
export const pathFault = (path: string): string | undefined => {
  const parts = path.split('/');
  if (path.includes('\0')) return 'it holds a NUL byte';
  if (path.length > 4096) return 'it is longer than 4096 bytes';
  if (parts.some((part) => part === '')) return 'it has an empty part';
  if (parts.some((part) => part === '.' || part === '..')) return 'it has a "." or ".." part';
  if (parts.some((part) => part.toLowerCase() === '.git')) return 'it lies inside a .git directory';
  return undefined;
};
