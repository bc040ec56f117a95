import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml';
import { JobSpec, type JobSpecInput } from '@gatehouse/contracts';

export interface Fault {
  /** Where in the spec, e.g. `spec.limits.execution`; empty for the document as a whole. */
  readonly path: string;
  readonly message: string;
  /** Line in the text, from 1. */
  readonly line: number;
  readonly column: number;
}

export type SpecCheck =
  | { readonly ok: true; readonly spec: JobSpecInput; readonly faults: readonly [] }
  | { readonly ok: false; readonly faults: readonly Fault[] };

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

/** Reads a JobSpec out of YAML or JSON as people write it, and says for every fault where it is. */
export const checkSpec = (text: string): SpecCheck => {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  if (text.trim() === '')
    return {
      ok: false,
      faults: [{ path: '', message: 'Write a JobSpec, or take a template.', line: 1, column: 1 }],
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
  const parsed = JobSpec.safeParse(value);
  if (parsed.success) return { ok: true, spec: value as JobSpecInput, faults: [] };
  const faults = parsed.error.issues.flatMap((issue): Fault[] => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        message: 'There is no such field. It may be mistyped, or stand in the wrong place.',
        ...place(offsetOf(doc, issue.path, key)),
      }));
    const missing =
      issue.code === 'invalid_type' && doc.getIn(issue.path as (string | number)[]) === undefined;
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

/** The text with another repository in it; comments and order stay. Unreadable text is left as it is. */
export const withRepository = (text: string, repository: string | null): string => {
  const doc = parseDocument(text);
  if (doc.errors.length > 0 || !isMap(doc.contents) || !isMap(doc.get('spec', true))) return text;
  if (repository === null) doc.deleteIn(['spec', 'repository']);
  else doc.setIn(['spec', 'repository'], repository);
  return doc.toString({ lineWidth: 0 });
};

/** The repository the text names; null where none, or where the text cannot be read. */
export const repositoryOf = (text: string): string | null => {
  const doc = parseDocument(text);
  const name: unknown = isMap(doc.contents) ? doc.getIn(['spec', 'repository']) : undefined;
  return typeof name === 'string' ? name : null;
};
