import { quotePath } from '../quote.js';
import { noMode } from './header.parser.js';
import type { PatchFile } from './parsed.js';
import { refuse } from './refused.js';

const typeOf = (mode: string): string => mode.slice(0, 3);

/** Git writes a change of type as two neighbours: the old file deleted, the new one added. */
const isTypeChange = (old: PatchFile, now: PatchFile): boolean =>
  old.status === 'deleted' && now.status === 'added' && typeOf(old.oldMode) !== typeOf(now.newMode);

const checkDuplicates = (files: readonly PatchFile[]): void => {
  const seen = new Map<string, number>();
  files.forEach((file, i) => {
    const before = seen.get(file.path);
    if (before === undefined) seen.set(file.path, i);
    else if (before === i - 1 && isTypeChange(files[before]!, file)) seen.set(file.path, i);
    else refuse('patch.duplicate_path', file.line, quotePath(file.path));
  });
};

const checkConflicts = (files: readonly PatchFile[]): void => {
  // With the slash as the smallest byte, a path is directly followed by what lies below it.
  const sorted = files
    .filter(({ newMode }) => newMode !== noMode)
    .map(({ path, line }) => ({ key: path.replaceAll('/', '\0'), path, line }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  sorted.forEach(({ key, path, line }, i) => {
    const next = sorted[i + 1];
    if (next !== undefined && next.key.startsWith(`${key}\0`))
      refuse('patch.path_conflict', line, quotePath(path));
  });
};

export const checkPaths = (files: readonly PatchFile[]): void => {
  checkDuplicates(files);
  checkConflicts(files);
};
