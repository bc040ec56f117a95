import { isCollection, isMap, isScalar, Lexer, LineCounter, parseDocument, type Node, type Pair } from 'yaml';

/** One value of a workflow, with the keys that lead to it. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

export type LeavesRead =
  | { readonly ok: true; readonly leaves: readonly Leaf[] }
  | { readonly ok: false; readonly line: number; readonly why: string };

/** Longer than any that people read. */
const maxText = 128 * 1024;

const maxDepth = 60;
const maxKeys = 5000;

/**
 * The parser calls itself for every level and looks at all keys for every key. A stack that runs full within it can
 * end the whole process, so depth and number are counted beforehand, by its lexer, which does neither.
 */
const isModest = (text: string): boolean => {
  let depth = 0;
  let inLine = 0;
  let keys = 0;
  let fresh = true;
  for (const token of new Lexer().lex(text)) {
    if (fresh && /^ +$/.test(token) && token.length > 2 * maxDepth) return false;
    fresh = token === '\n' || token === '\r\n';
    if (fresh) inLine = 0;
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    if (token === ':') keys += 1;
    if (depth <= 0 && (token === '-' || token === '?' || token === ':')) inLine += 1;
    if (depth > maxDepth || inLine > maxDepth || keys > maxKeys) return false;
  }
  return true;
};

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : '?');

interface Open {
  readonly node: unknown;
  readonly path: readonly string[];
}

const leavesIn = (root: Node, counter: LineCounter): Leaf[] | null => {
  const leaves: Leaf[] = [];
  const todo: Open[] = [{ node: root, path: [] }];
  for (let open = todo.pop(); open !== undefined; open = todo.pop()) {
    const { node, path } = open;
    const lineOf = (at: Node): number => (at.range == null ? 1 : counter.linePos(at.range[0]).line);
    if (isMap(node)) {
      for (const { key, value } of (node.items as Pair[]).toReversed()) {
        const inner = [...path, keyText(key)];
        // A key without value is said too: `on: { push: }`.
        if (value === null) leaves.push({ path: inner, value: '', line: lineOf(node) });
        else todo.push({ node: value, path: inner });
      }
    } else if (isCollection(node)) {
      (node.items as unknown[]).forEach((item, i) => todo.push({ node: item, path: [...path, String(i)] }));
    } else if (isScalar(node)) {
      leaves.push({ path, value: String(node.value ?? ''), line: lineOf(node) });
    } else if (node !== null) {
      // An alias: what it stands for is elsewhere, and not every reader follows it.
      return null;
    }
  }
  return leaves;
};

export const readLeaves = (text: string): LeavesRead => {
  if (text.length > maxText) return { ok: false, line: 1, why: 'it is longer than people read' };
  if (!isModest(text)) return { ok: false, line: 1, why: 'it is nested too deeply, or has too many keys' };
  const counter = new LineCounter();
  try {
    const document = parseDocument(text, { lineCounter: counter, uniqueKeys: true, merge: false });
    const [error] = document.errors;
    if (error !== undefined)
      return {
        ok: false,
        line: error.linePos?.[0].line ?? 1,
        why: 'it is no YAML that every program reads alike',
      };
    if (document.contents === null) return { ok: true, leaves: [] };
    const leaves = leavesIn(document.contents, counter);
    if (leaves === null) return { ok: false, line: 1, why: 'it uses aliases' };
    return { ok: true, leaves: leaves.sort((a, b) => a.line - b.line) };
  } catch {
    return { ok: false, line: 1, why: 'the parser broke on it' };
  }
};
