/**
 * JSON with the line of everything, for manifests that hostile hands wrote: read without recursion, and a key given
 * twice is told, since the program that reads the file next may take the other one.
 */
export type JsonNode =
  | { readonly kind: 'object'; readonly line: number; readonly members: Map<string, JsonNode> }
  | { readonly kind: 'array'; readonly line: number; readonly items: JsonNode[] }
  | { readonly kind: 'text'; readonly line: number; readonly text: string }
  | { readonly kind: 'other'; readonly line: number; readonly text: string };

export type JsonObject = Extract<JsonNode, { kind: 'object' }>;

export type JsonRead =
  | { readonly ok: true; readonly root: JsonNode; readonly twice: readonly { key: string; line: number }[] }
  | { readonly ok: false; readonly line: number; readonly why: string };

const maxDepth = 200;
const space = /[ \t\r\n]*/y;
const literal = /(?:true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)/y;

class Reader {
  at = 0;
  line = 1;
  readonly twice: { key: string; line: number }[] = [];

  constructor(readonly source: string) {}

  fail(why: string): JsonRead {
    return { ok: false, line: this.line, why };
  }

  skip(): void {
    space.lastIndex = this.at;
    space.test(this.source);
    const end = space.lastIndex;
    for (; this.at < end; this.at += 1) if (this.source.charCodeAt(this.at) === 10) this.line += 1;
  }

  eat(char: string): boolean {
    this.skip();
    if (this.source[this.at] !== char) return false;
    this.at += 1;
    return true;
  }

  /** Sticky, so that nothing is read twice. */
  take(pattern: RegExp): string | null {
    this.skip();
    pattern.lastIndex = this.at;
    if (!pattern.test(this.source)) return null;
    const text = this.source.slice(this.at, pattern.lastIndex);
    this.at = pattern.lastIndex;
    return text;
  }

  text(): string | null {
    this.skip();
    if (this.source[this.at] !== '"') return null;
    let end = this.at + 1;
    for (let char = this.source[end]; char !== '"'; char = this.source[end]) {
      if (char === undefined) return null;
      end += char === '\\' ? 2 : 1;
    }
    const quoted = this.source.slice(this.at, end + 1);
    this.at = end + 1;
    try {
      return JSON.parse(quoted) as string;
    } catch {
      return null;
    }
  }
}

type Open = Extract<JsonNode, { kind: 'object' | 'array' }>;

/** One value, or the beginning of an object or array. */
const begin = (reader: Reader): JsonNode | null => {
  reader.skip();
  const { line } = reader;
  if (reader.eat('{')) return { kind: 'object', line, members: new Map() };
  if (reader.eat('[')) return { kind: 'array', line, items: [] };
  const text = reader.text();
  if (text !== null) return { kind: 'text', line, text };
  const other = reader.take(literal);
  return other === null ? null : { kind: 'other', line, text: other };
};

const keyOf = (reader: Reader, members: Map<string, JsonNode>): string | null => {
  const key = reader.text();
  if (key === null || !reader.eat(':')) return null;
  if (members.has(key)) reader.twice.push({ key, line: reader.line });
  return key;
};

export const readJson = (source: string): JsonRead => {
  const reader = new Reader(source.startsWith('\ufeff') ? source.slice(1) : source);
  const root = begin(reader);
  if (root === null) return reader.fail('there is no JSON value');
  const open: Open[] = root.kind === 'object' || root.kind === 'array' ? [root] : [];
  let fresh = true;
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (reader.eat(top.kind === 'object' ? '}' : ']')) {
      open.pop();
      fresh = false;
      continue;
    }
    if (!fresh && !reader.eat(',')) return reader.fail('a comma or an end is missing');
    const key = top.kind === 'object' ? keyOf(reader, top.members) : '';
    const node = key === null ? null : begin(reader);
    if (key === null || node === null) return reader.fail('a key or a value is missing');
    if (top.kind === 'object') top.members.set(key, node);
    else top.items.push(node);
    fresh = node.kind === 'object' || node.kind === 'array';
    if (fresh && open.push(node as Open) > maxDepth) return reader.fail('it is nested too deeply');
  }
  reader.skip();
  if (reader.at < reader.source.length) return reader.fail('something follows behind the end');
  return { ok: true, root, twice: reader.twice };
};

/** The object at a key; null where there is none. */
export const objectAt = (
  node: JsonNode | null | undefined,
  ...keys: readonly string[]
): JsonObject | null => {
  let at: JsonNode | null | undefined = node;
  for (const key of keys) at = at?.kind === 'object' ? at.members.get(key) : null;
  return at?.kind === 'object' ? at : null;
};

export const textAt = (node: JsonNode | null | undefined, key: string): string | null => {
  const found = node?.kind === 'object' ? node.members.get(key) : undefined;
  return found?.kind === 'text' ? found.text : null;
};

/** Members whose value is text, e.g. scripts and dependencies. */
export const textsOf = (node: JsonObject | null): Map<string, { text: string; line: number }> => {
  const texts = new Map<string, { text: string; line: number }>();
  for (const [key, value] of node?.members ?? [])
    if (value.kind === 'text') texts.set(key, { text: value.text, line: value.line });
  return texts;
};

/** The same value whatever the order of keys and the spaces; for telling whether a part changed. */
export const canonicalOf = (node: JsonNode | null | undefined): string => {
  if (node === null || node === undefined) return '';
  if (node.kind === 'text') return JSON.stringify(node.text);
  if (node.kind === 'other') return node.text;
  if (node.kind === 'array') return `[${node.items.map(canonicalOf).join(',')}]`;
  const members = [...node.members].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${canonicalOf(value)}`).join(',')}}`;
};
