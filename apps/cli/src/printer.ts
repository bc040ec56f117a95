import type { Io } from './io.js';
import { cleanJson, cleanText } from './text.clean.js';
import { tableLines, type Column } from './table.print.js';

/**
 * What a command says. Results go to stdout, as JSON where `--json` was given and as text else; progress goes to
 * stderr. All text is cleaned here, whoever wrote it.
 */
export interface Printer {
  readonly asJson: boolean;
  /** The result: one JSON value, or lines. */
  result(value: unknown, lines: () => readonly string[]): void;
  /** One of many results that come over time: a JSON value in one line, or a line of text. */
  item(value: unknown, line: () => string | undefined): void;
  /** A list as a table, or as `{ items }`. */
  table<T>(items: readonly T[], columns: readonly Column<T>[], empty: string): void;
  /** For the person who waits; never machine output. */
  progress(line: string): void;
  /** Bytes as they are where stdout is a file or pipe, cleaned where it is a terminal. */
  bytes(bytes: Uint8Array): void;
}

export const makePrinter = (io: Io, asJson: boolean): Printer => {
  const out = (line: string) => io.stdout.write(`${cleanText(line)}\n`);
  return {
    asJson,
    result: (value, lines) => {
      if (asJson) io.stdout.write(`${cleanJson(value, 2)}\n`);
      else lines().forEach(out);
    },
    item: (value, line) => {
      if (asJson) return io.stdout.write(`${cleanJson(value)}\n`);
      const text = line();
      if (text !== undefined) out(text);
    },
    table: (items, columns, empty) => {
      if (asJson) return io.stdout.write(`${cleanJson({ items }, 2)}\n`);
      if (items.length === 0) return io.stderr.write(`${cleanText(empty)}\n`);
      tableLines(items, columns, io.stdout.isTTY ? io.stdout.columns : undefined).forEach(out);
    },
    progress: (line) => io.stderr.write(`${cleanText(line)}\n`),
    bytes: (bytes) => {
      if (!io.stdout.isTTY) return io.stdout.write(bytes);
      io.stdout.write(cleanText(new TextDecoder().decode(bytes)));
    },
  };
};
