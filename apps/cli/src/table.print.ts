import { cleanCell } from './text.clean.js';

export interface Column<T> {
  readonly title: string;
  readonly of: (row: T) => string | number | null | undefined;
}

const widthOf = (text: string): number => [...text].length;
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)));
const cut = (text: string, width: number): string => {
  const letters = [...text];
  return letters.length <= width ? text : `${letters.slice(0, Math.max(1, width - 1)).join('')}…`;
};

/** Lines of a table; the last column gives way where `width` (of the terminal) is known. */
export const tableLines = <T>(
  rows: readonly T[],
  columns: readonly Column<T>[],
  width?: number,
): string[] => {
  const cells = [
    columns.map(({ title }) => title.toUpperCase()),
    ...rows.map((row) => columns.map(({ of }) => cleanCell(String(of(row) ?? '-')) || '-')),
  ];
  const widths = columns.map((_, at) => Math.max(...cells.map((line) => widthOf(line[at] ?? ''))));
  const before = widths.slice(0, -1).reduce((sum, one) => sum + one + 2, 0);
  return cells.map((line) =>
    line
      .map((cell, at) => {
        if (at < line.length - 1) return pad(cell, widths[at] ?? 0);
        return width === undefined ? cell : cut(cell, Math.max(12, width - before));
      })
      .join('  ')
      .trimEnd(),
  );
};

/** Lines of one thing: names on the left. Empty values are left out. */
export const fieldLines = (
  fields: readonly (readonly [string, string | number | null | undefined])[],
): string[] => {
  const shown = fields.filter(([, value]) => value !== null && value !== undefined && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${pad(`${name}:`, width + 2)}${cleanCell(String(value))}`);
};

/** How long ago, in one unit. */
export const ageOf = (at: string | null, now: number): string => {
  if (at === null) return '-';
  const seconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  if (!Number.isFinite(seconds)) return '-';
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
};

export const short = (id: string | null | undefined, length = 12): string | undefined =>
  id === null || id === undefined ? undefined : id.slice(0, length);
