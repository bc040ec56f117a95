/**
 * The lockfiles of yarn and pnpm: one key a line, nested by indentation. Read by the few forms that those programs
 * write, and by no others: what two YAML parsers could take for different things is not taken at all.
 */
export interface Block {
  readonly key: string;
  /** Null where only inner blocks follow. */
  readonly value: string | null;
  readonly line: number;
  readonly inner: Map<string, Block>;
}

export type BlockRead =
  | { readonly ok: true; readonly blocks: ReadonlyMap<string, Block> }
  | { readonly ok: false; readonly line: number; readonly why: string };

const maxDepth = 50;
const maxLine = 20_000;
const quoted = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')/;

const unquote = (text: string): string | null => {
  if (text.startsWith("'")) return text.slice(1, -1).replaceAll("''", "'");
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
};

/** One word, quoted or plain, and what follows it; null where it is neither. */
const takeWord = (text: string, plain: RegExp): { word: string; rest: string } | null => {
  const literal = quoted.exec(text)?.[0];
  if (literal !== undefined) {
    const word = unquote(literal);
    return word === null ? null : { word, rest: text.slice(literal.length) };
  }
  const word = plain.exec(text)?.[0];
  return word === undefined ? null : { word, rest: text.slice(word.length) };
};

const plainKey = /^[^\s"'#&*!|>%@`{}[\],?-](?:[^\s:,"]|:(?=[^\s]))*/;
const plainValue = /^[^"'#&*!|>%@`\s](?:[^#]|#(?<! #))*$/;

/** On one line, with quotes and brackets that end there; what is inside is read by whoever needs it. */
const flow = /^(?:\{(?:[^{}[\]"'#]|"[^"\\]*"|'[^']*')*\}|\[(?:[^{}[\]"'#]|"[^"\\]*"|'[^']*')*\])$/;

const readValue = (text: string): string | null => {
  if (/^[{[]/.test(text)) return flow.test(text) ? text : null;
  if (/^["']/.test(text)) {
    const taken = takeWord(text, /^$/);
    return taken?.rest === '' ? taken.word : null;
  }
  return plainValue.test(text) ? text : null;
};

interface Line {
  readonly key: string;
  readonly value: string | null;
  /** A text of several lines follows, further in. */
  readonly folded: boolean;
}

/** `colon`: `key: value`, as YAML; `space`: `key value`, as yarn 1 writes it. */
export type Style = 'colon' | 'space';

const keysOf = (text: string, style: Style): { key: string; rest: string } | null => {
  const words: string[] = [];
  for (let rest = text; ;) {
    const taken = takeWord(rest, style === 'space' ? /^[^\s:,"'#](?:[^\s:,"]|:(?=[^\s]))*/ : plainKey);
    if (taken === null) return null;
    words.push(taken.word);
    rest = taken.rest;
    if (style !== 'space' || !rest.startsWith(', ')) return { key: words.join(', '), rest };
    rest = rest.slice(2);
  }
};

const readLine = (text: string, style: Style): Line | null => {
  const taken = keysOf(text, style);
  if (taken === null) return null;
  const { key, rest } = taken;
  if (rest === ':') return { key, value: null, folded: false };
  const between = style === 'colon' ? ': ' : ' ';
  if (!rest.startsWith(between)) return null;
  const written = rest.slice(between.length).trim();
  if (style === 'colon' && /^[|>][-+]?$/.test(written)) return { key, value: null, folded: true };
  const value = readValue(written);
  return value === null ? null : { key, value, folded: false };
};

const fail = (line: number, why: string): BlockRead => ({ ok: false, line, why });

export const readBlocks = (text: string, style: Style): BlockRead => {
  const blocks = new Map<string, Block>();
  const open: { indent: number; inner: Map<string, Block> }[] = [{ indent: -1, inner: blocks }];
  let skip = -1;
  const lines = text.replace(/^\ufeff/, '').split('\n');
  for (const [i, raw] of lines.entries()) {
    const whole = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const line = i + 1;
    const indent = whole.length - whole.trimStart().length;
    const body = whole.trim();
    if (body === '' || body.startsWith('#') || (skip >= 0 && indent > skip) || (body === '---' && line === 1))
      continue;
    skip = -1;
    if (body.length > maxLine) return fail(line, 'the line is too long');
    if (/[^ ]/.test(whole.slice(0, indent)))
      return fail(line, 'it is indented by something else than spaces');
    while (open.at(-1)!.indent >= indent) open.pop();
    // A list: only names stand in one, e.g. of processors; nothing that is fetched.
    if (body.startsWith('- ')) continue;
    const read = readLine(body, style);
    if (read === null) return fail(line, 'the line has a form that its program does not write');
    const { inner } = open.at(-1)!;
    if (read.key === '<<') return fail(line, 'it merges other entries');
    if (inner.has(read.key)) return fail(line, 'a key stands there twice');
    if (open.length > maxDepth) return fail(line, 'it is nested too deeply');
    const block: Block = { key: read.key, value: read.value, line, inner: new Map() };
    inner.set(read.key, block);
    if (read.folded) skip = indent;
    else if (read.value === null) open.push({ indent, inner: block.inner });
  }
  return { ok: true, blocks };
};

/** `{integrity: sha512-…, tarball: https://…}`: a map on one line, of plain or quoted words. */
export const readFlow = (text: string): Map<string, string> | null => {
  if (!text.startsWith('{') || !text.endsWith('}')) return null;
  const members = new Map<string, string>();
  let rest = text.slice(1, -1).trim();
  while (rest !== '') {
    const key = takeWord(rest, /^[\w.-]+/);
    if (key === null || !key.rest.startsWith(': ') || members.has(key.word)) return null;
    const value = takeWord(key.rest.slice(2).trimStart(), /^[^\s,"'{}[\]]+/);
    if (value === null) return null;
    members.set(key.word, value.word);
    rest = value.rest.trimStart();
    if (rest === '') break;
    if (!rest.startsWith(',')) return null;
    rest = rest.slice(1).trimStart();
  }
  return members;
};
