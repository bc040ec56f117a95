import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';

export interface Fault {
  /** Where in the document, e.g. `spec.limits.execution`; empty for the document as a whole. */
  readonly path: string;
  readonly message: string;
  /** Line in the text, from 1. */
  readonly line: number;
  readonly column: number;
}

export type DocumentCheck<T> =
  | { readonly ok: true; readonly document: T; readonly faults: readonly [] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

interface Issue {
  readonly code?: string;
  readonly path: PropertyKey[];
  readonly message: string;
  readonly keys?: string[];
}

/** A schema of the contracts, as far as this needs it. */
interface Schema {
  safeParse(value: unknown): { success: true } | { success: false; error: { issues: Issue[] } };
}

type Path = readonly PropertyKey[];

/** Offset of the node at a path; of the nearest one above it where it is missing; of a key where `key` names one. */
const offsetOf = (doc: Document, path: Path, key?: string): number => {
  for (let depth = path.length; depth >= 0; depth--) {
    const at = path.slice(0, depth) as (string | number)[];
    const node = depth === 0 ? doc.contents : doc.getIn(at, true);
    if (!isNode(node)) continue;
    if (key !== undefined && isMap(node) && depth === path.length) {
      const pair = node.items.find((item) => isScalar(item.key) && item.key.value === key);
      if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    }
    if (node.range) return node.range[0];
  }
  return 0;
};

const pathText = (path: Path): string =>
  path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );

/** Reads a document out of YAML or JSON as people write it, and says for every fault where it is. */
export const checkDocument = <T>(schema: Schema, text: string, empty: string): DocumentCheck<T> => {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (text.trim() === '')
    return {
      ok: false,
      faults: [{ path: '', message: empty, line: 1, column: 1 }],
    };
  if (doc.errors.length > 0)
    return {
      ok: false,
      faults: doc.errors.map((error) => ({ path: '', message: error.message, ...place(error.pos[0]) })),
    };
  let value: unknown;
  try {
    value = doc.toJS({ maxAliasCount: 20 });
  } catch (error) {
    return {
      ok: false,
      faults: [
        { path: '', message: error instanceof Error ? error.message : String(error), line: 1, column: 1 },
      ],
    };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, document: value as T, faults: [] };
  const faults = parsed.error.issues.flatMap((issue): Fault[] => {
    if (issue.keys !== undefined)
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        message: 'There is no such field. It may be mistyped, or stand in the wrong place.',
        ...place(offsetOf(doc, issue.path, key)),
      }));
    const missing =
      (issue.code === 'invalid_type' || issue.code === 'invalid_union') &&
      doc.getIn(issue.path as (string | number)[]) === undefined;
    return [
      {
        path: pathText(issue.path),
        message: missing ? 'This field is needed.' : issue.message,
        ...place(offsetOf(doc, issue.path)),
      },
    ];
  });
  // One thing at a time for each field: what else is wrong with it often goes away with the first.
  const first = faults.filter((fault, i) => faults.findIndex((other) => other.path === fault.path) === i);
  return { ok: false, faults: first.toSorted((a, b) => a.line - b.line || a.column - b.column) };
};
