import { GatehouseError, type FileChange } from '@gatehouse/contracts';
import { blobSizes, diffPatch, type GitRunner } from '@gatehouse/git';
import { maskHunks, noMask, readMasks, type Mask } from './candidate.mask.js';
import { readEntries } from '../collector.js';
import type { ChangeEntry } from '../facts.js';
import { quotePath } from '../quote.js';
import type { ScanSecrets } from '../secrets/secret.scanner.js';

/** Files shown of one candidate. */
export const maxShownFiles = 300;
/** Bytes of hunks shown of one file. */
export const maxShownBytes = 256 * 1024;
/** Bytes of the whole patch from which the shown ones are taken; beyond it only names and sizes are shown. */
const maxDiffBytes = 32 << 20;

const none = '000000';
const gitlink = '160000';
const statuses = { A: 'added', M: 'modified', D: 'deleted', T: 'type_changed' } as const;

/** Text of one `diff --git` section, one UTF-16 unit per byte. */
type Section = string;

/**
 * In a section each line begins with a sign, or is binary data without blanks: the words cannot be met inside. Only a
 * line feed ends a line here; with the flag `m` a carriage return in a file could hide the rest of the change.
 */
export const sectionsOf = (patch: Buffer): Section[] =>
  patch
    .toString('latin1')
    .split(/(?<=^|\n)(?=diff --git )/)
    .filter((section) => section !== '');

export interface Shown {
  readonly binary: boolean;
  readonly hunks: string | null;
  readonly truncated: boolean;
}

const unshown: Shown = { binary: false, hunks: null, truncated: true };

/** Whole hunks only, as many as fit: half of one would be read as another change. */
export const showSections = (sections: readonly Section[], maxBytes: number): Shown => {
  if (sections.some((section) => /\nGIT binary patch\n/.test(section)))
    return { binary: true, hunks: null, truncated: false };
  const all = sections.flatMap((section) => section.split(/(?<=\n)(?=@@ )/).slice(1));
  let shown = '';
  for (const hunk of all) {
    if (shown.length + hunk.length > maxBytes) {
      const hunks = shown === '' ? null : Buffer.from(shown, 'latin1').toString('utf8');
      return { binary: false, hunks, truncated: true };
    }
    shown += hunk;
  }
  return { binary: false, hunks: Buffer.from(shown, 'latin1').toString('utf8'), truncated: false };
};

/** What is shown of one file once the credentials of both sides are out of it. */
export const showMasked = (
  sections: readonly Section[],
  before: Mask,
  after: Mask,
  maxBytes: number,
): Shown & Pick<FileChange, 'masked'> => {
  const parts = sections.map((section) => maskHunks(section, before, after));
  const shown = showSections(
    parts.map(({ text }) => text),
    maxBytes,
  );
  if (shown.hunks === null || shown.hunks === '') return { ...shown, masked: 0 };
  if (before === 'all' || after === 'all') return { ...unshown, masked: null };
  return { ...shown, masked: parts.reduce((sum, { masked }) => sum + masked, 0) };
};

/** What belongs to each entry: one section, or two where the type changes; undefined where they do not add up. */
export const sectionsByEntry = (
  entries: readonly Pick<ChangeEntry, 'status'>[],
  sections: readonly Section[],
): Section[][] | undefined => {
  let at = 0;
  const found = entries.map(({ status }) => sections.slice(at, (at += status === 'T' ? 2 : 1)));
  return at === sections.length ? found : undefined;
};

const readSections = async (
  git: GitRunner,
  gitDir: string,
  { baseTree, tree }: { baseTree: string; tree: string },
): Promise<Section[] | undefined> => {
  try {
    return sectionsOf(await diffPatch(git, gitDir, baseTree, tree, { maxBytes: maxDiffBytes }));
  } catch (error) {
    if (error instanceof GatehouseError && error.code === 'git.refused') return undefined;
    throw error;
  }
};

/** What changes between two trees, file by file, as far as it can be shown to people: without credentials. */
export const readDiff = async (
  git: GitRunner,
  gitDir: string,
  trees: { readonly baseTree: string; readonly tree: string },
  secrets: ScanSecrets,
): Promise<{ files: FileChange[]; truncated: boolean }> => {
  const all = await readEntries(git, gitDir, trees.baseTree, trees.tree);
  const sections = await readSections(git, gitDir, trees);
  const parts = sections === undefined ? undefined : sectionsByEntry(all, sections);
  const entries = all.slice(0, maxShownFiles);
  const isBlob = (mode: string): boolean => mode !== none && mode !== gitlink;
  const oids = entries.flatMap(({ oldMode, oldOid, newMode, newOid }) => [
    ...(isBlob(oldMode) ? [oldOid] : []),
    ...(isBlob(newMode) ? [newOid] : []),
  ]);
  const sizes = await blobSizes(git, gitDir, oids);
  const sizeOf = (mode: string, oid: string): number | null =>
    isBlob(mode) ? (sizes.get(oid) ?? null) : null;
  const inText = new Set(
    entries.flatMap(({ oldOid, newOid }, i) =>
      showSections(parts?.[i] ?? [], maxShownBytes).hunks ? [oldOid, newOid] : [],
    ),
  );
  const texts = new Map([...sizes].filter(([oid]) => inText.has(oid)));
  const masks = await readMasks(git, gitDir, entries, texts, secrets);
  const maskOf = (mode: string, oid: string): Mask => (isBlob(mode) ? (masks.get(oid) ?? 'all') : noMask);
  const files = entries.map(({ path, status, oldMode, newMode, oldOid, newOid }, i) => {
    const part = parts?.[i];
    return {
      path: quotePath(path),
      status: statuses[status],
      oldMode,
      newMode,
      oldOid,
      newOid,
      oldSize: sizeOf(oldMode, oldOid),
      newSize: sizeOf(newMode, newOid),
      ...(part === undefined
        ? { ...unshown, masked: 0 }
        : showMasked(part, maskOf(oldMode, oldOid), maskOf(newMode, newOid), maxShownBytes)),
    };
  });
  return { files, truncated: all.length > entries.length };
};
