import { basename } from 'node:path';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { CliFault } from './exit.code.js';
import type { Io } from './io.js';
import { cleanCell } from './text.clean.js';

/** Bytes; the API takes no larger document either. */
const maxDocumentBytes = 1024 * 1024;

export const readInput = async (io: Io, path: string): Promise<Uint8Array> => {
  try {
    return await io.read(path);
  } catch (cause) {
    const code = (cause as { code?: string }).code;
    const why = code === 'ENOENT' ? 'there is no such file' : String((cause as Error).message);
    throw new CliFault('usage', `${path} cannot be read (${why})`, 'check the path', { cause });
  }
};

const labelOf = (path: string): string => (path === '-' ? '(standard input)' : basename(path));

const parseYaml = (text: string, label: string, lines: LineCounter): Document => {
  const document = parseDocument(text, {
    lineCounter: lines,
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
  });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new CliFault(
      'usage',
      `${label}:${line}:${col}: ${cleanCell(fault.message)}`,
      'mend the file and run it again',
    );
  }
  return document;
};

/** Where a place in the value stands in the text: that of the nearest parent which is written out. */
const placeOf = (document: Document, path: readonly PropertyKey[], lines: LineCounter): string => {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    const start = (node as { range?: readonly [number, ...number[]] } | undefined)?.range?.[0];
    if (start === undefined) continue;
    const { line, col } = lines.linePos(start);
    return `${line}:${col}`;
  }
  return '1:1';
};

/**
 * Reads a YAML or JSON document and checks it here, so that a slip is shown with its line before anything is sent.
 * Answers the document as written: the plane fills in the defaults.
 */
export const readDocument = async <S extends z.ZodType>(
  io: Io,
  path: string,
  schema: S,
): Promise<z.input<S>> => {
  const bytes = await readInput(io, path);
  const label = labelOf(path);
  if (bytes.length > maxDocumentBytes) {
    throw new CliFault(
      'usage',
      `${label} is larger than ${maxDocumentBytes} bytes`,
      'store large input as an artifact',
    );
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CliFault('usage', `${label} is not UTF-8`, 'save it as UTF-8', { cause });
  }
  const lines = new LineCounter();
  const document = parseYaml(text, label, lines);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch (cause) {
    throw new CliFault(
      'usage',
      `${label}: ${String((cause as Error).message)}`,
      'write the values out instead of aliases',
      {
        cause,
      },
    );
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return value as z.input<S>;
  const faults = parsed.error.issues.map((issue) => {
    const name = cleanCell(issue.path.map(String).join('.')) || '(document)';
    return `${label}:${placeOf(document, issue.path, lines)}: ${name}: ${cleanCell(issue.message)}`;
  });
  const more =
    faults.length > 1 ? `${faults.length} values are not valid:\n  ${faults.join('\n  ')}\n` : faults[0];
  throw new CliFault('usage', String(more), 'mend the file and run it again');
};
