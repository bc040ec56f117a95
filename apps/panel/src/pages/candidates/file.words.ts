import type { FileChange } from '@gatehouse/contracts';
import { bytes } from '../../elements/moment.format.js';

const modes: Readonly<Record<string, string>> = {
  '100644': 'file',
  '100664': 'file',
  '100755': 'executable file',
  '120000': 'symbolic link',
  '160000': 'submodule link',
  '040000': 'folder',
};

export const modeWord = (mode: string): string => modes[mode] ?? `entry of mode ${mode}`;

const isLink = (mode: string) => mode === '120000';
const isGitlink = (mode: string) => mode === '160000';
const absent = (mode: string) => /^0+$/.test(mode);

/** What a symbolic link points to: its content is its target. */
const targetOf = (hunks: string | null, side: '+' | '-'): string | null =>
  hunks
    ?.split('\n')
    .find((line) => line.startsWith(side) && !line.startsWith(side.repeat(3)))
    ?.slice(1) ?? null;

const linkWords = (change: FileChange): string => {
  const from = targetOf(change.hunks, '-');
  const to = targetOf(change.hunks, '+');
  if (!isLink(change.newMode)) return `Was a symbolic link${from === null ? '' : ` to ${from}`}.`;
  if (!isLink(change.oldMode))
    return `${change.status === 'added' ? 'New' : 'Now a'} symbolic link${to === null ? '' : ` to ${to}`}.`;
  return `The symbolic link pointed to ${from ?? 'another place'}, and now to ${to ?? 'another place'}.`;
};

/** The sentences a diff cannot say: kinds, modes, links, bytes. Empty for a plain change of text. */
export const wordsOf = (change: FileChange): string[] => {
  const { oldMode, newMode, oldOid, newOid } = change;
  const words: string[] = [];
  if (change.status === 'added' && newMode !== '100644' && !isLink(newMode))
    words.push(`New ${modeWord(newMode)}.`);
  if (change.status === 'deleted' && oldMode !== '100644' && !isLink(oldMode))
    words.push(`Deleted ${modeWord(oldMode)}.`);
  if (!absent(oldMode) && !absent(newMode) && oldMode !== newMode)
    words.push(
      `Was ${article(modeWord(oldMode))}, is now ${article(modeWord(newMode))} (${oldMode} → ${newMode}).`,
    );
  if (oldOid === newOid) words.push('Its content is unchanged.');
  if (isLink(oldMode) || isLink(newMode)) words.push(linkWords(change));
  if (isGitlink(oldMode) || isGitlink(newMode))
    words.push(
      `Names a commit of another repository: ${absent(oldMode) ? 'none' : oldOid.slice(0, 10)} → ${absent(newMode) ? 'none' : newOid.slice(0, 10)}. Its content is not part of this change.`,
    );
  if (change.binary) words.push(`Binary, ${sizes(change)}. Bytes cannot be shown as text.`);
  else if (change.masked === null)
    words.push(
      'So much in this file looks like credentials that none of its lines is shown. The patch has them.',
    );
  else if (change.truncated)
    words.push(
      change.hunks === null
        ? `Too large to show here, ${sizes(change)}. Read it in the patch.`
        : 'Only the beginning is shown. Read the rest in the patch.',
    );
  else if (change.status === 'added' && change.newSize === 0) words.push('An empty file.');
  return words;
};

const article = (word: string): string => (/^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`);

const sizes = ({ oldSize, newSize }: FileChange): string =>
  oldSize === null || newSize === null
    ? bytes(newSize ?? oldSize ?? 0)
    : `${bytes(oldSize)} → ${bytes(newSize)}`;

/** True where there are lines to draw side by side. */
export const hasLines = (change: FileChange): boolean =>
  change.hunks !== null && /^@@ /m.test(change.hunks) && !isLink(change.newMode) && !isLink(change.oldMode);

/** Lines added and removed, as far as they are shown. */
export const churn = (hunks: string | null): { added: number; removed: number } => {
  let added = 0;
  let removed = 0;
  let inside = false;
  for (const line of hunks?.split('\n') ?? []) {
    if (line.startsWith('@@ ')) inside = true;
    else if (inside && line.startsWith('+')) added += 1;
    else if (inside && line.startsWith('-')) removed += 1;
  }
  return { added, removed };
};

/** One diff with the two header lines that the viewer reads names from, whatever the server sent before `@@`. */
export const drawable = (change: FileChange): string => {
  const hunks = change.hunks ?? '';
  const at = hunks.search(/^@@ /m);
  const oldName = change.status === 'added' ? '/dev/null' : 'a/file';
  const newName = change.status === 'deleted' ? '/dev/null' : 'b/file';
  return `--- ${oldName}\n+++ ${newName}\n${hunks.slice(at)}`;
};
