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

/** Whether any path is a folder of another one; says not which. */
const haveConflict = (files: readonly PatchFile[]): boolean => {
  const made = files.filter(({ newMode }) => newMode !== noMode);
  const paths = new Set<string>(made.map(({ path }) => path));
  const known = new Set<string>();
  for (const { path } of made)
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const folder = path.slice(0, slash);
      // Most files have neighbours, whose folders were looked at.
      if (known.has(folder)) break;
      known.add(folder);
      if (paths.has(folder)) return true;
    }
  return false;
};

const checkConflicts = (files: readonly PatchFile[]): void => {
  if (!haveConflict(files)) return;
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
