import type { PolicyRules } from '@gatehouse/contracts';
import { mergeLayers, rawPath, rawPathOfText, type RawPath } from '@gatehouse/policy';
import { measureBlob } from './content.js';
import { foldersOf, type BlobFacts, type ChangeEntry, type ContextFacts, type FolderName } from './facts.js';
import type { AcceptedPatch, PatchFile } from './patch/parsed.js';

/** A candidate that every gate passes; a spec changes one thing about it. */

export interface SampleChange {
  /** Text, or the bytes of a name that is not UTF-8. */
  readonly path: string | Buffer;
  /** Absent: added where there is no old mode, deleted where there is no new one. */
  readonly status?: ChangeEntry['status'];
  readonly oldMode?: string;
  readonly newMode?: string;
  readonly blob?: BlobFacts;
  /** Content of the new and of the old side; Buffer where bytes matter. */
  readonly text?: string | Buffer;
  readonly oldText?: string | Buffer;
}

export interface SampleOptions {
  readonly changes?: readonly SampleChange[];
  /** Files that base and candidate both have, beside the changed ones. */
  readonly existing?: readonly (string | Buffer)[];
  readonly policy?: PolicyRules;
}

const zero = '0'.repeat(40);
const none = '000000';
const smallBlob = measureBlob(Buffer.from('some text\n'), true);

const toRaw = (path: string | Buffer): RawPath =>
  typeof path === 'string' ? rawPathOfText(path) : rawPath(path);

const oid = (letter: string, i: number): string => `${letter}${i}`.padStart(40, 'e');

const statusOf = (oldMode: string, newMode: string): ChangeEntry['status'] => {
  if (oldMode === none) return 'A';
  if (newMode === none) return 'D';
  return oldMode.slice(0, 3) === newMode.slice(0, 3) ? 'M' : 'T';
};

export const sampleEntry = (
  { path, oldMode = none, newMode = '100644' }: SampleChange,
  i: number,
): ChangeEntry => ({
  path: toRaw(path),
  status: statusOf(oldMode, newMode),
  oldMode,
  newMode,
  oldOid: oldMode === none ? zero : oid('a', i),
  newOid: newMode === none ? zero : oid('b', i),
});

const blobOf = (text: string | Buffer | undefined): BlobFacts =>
  text === undefined ? smallBlob : measureBlob(Buffer.from(text), true);

const blobsOf = (changes: readonly SampleChange[], entries: readonly ChangeEntry[]): Map<string, BlobFacts> =>
  new Map(
    entries.flatMap(({ oldOid, newOid }, i): [string, BlobFacts][] => {
      const { blob, text, oldText } = changes[i] ?? {};
      return [
        [newOid, blob ?? blobOf(text)],
        [oldOid, blobOf(oldText)],
      ];
    }),
  );

interface Place {
  readonly path: RawPath;
  readonly mode: string;
  readonly inBase: boolean;
}

const foldersWith = (places: readonly Place[], wanted: readonly RawPath[]): Map<RawPath, FolderName[]> => {
  const folders = new Map<RawPath, Map<string, FolderName>>(wanted.map((folder) => [folder, new Map()]));
  for (const { path, mode, inBase } of places) {
    const parts = path.split('/');
    parts.forEach((name, depth) => {
      const names = folders.get(parts.slice(0, depth).join('/') as RawPath);
      const known = names?.get(name);
      const own = depth === parts.length - 1 ? mode : '040000';
      names?.set(name, { name, mode: own, inBase: inBase || known?.inBase === true });
    });
  }
  return new Map([...folders].map(([folder, names]) => [folder, [...names.values()]]));
};

const half = (entry: ChangeEntry, status: PatchFile['status']): PatchFile => ({
  path: entry.path,
  status,
  content: 'text',
  oldMode: status === 'added' ? none : entry.oldMode,
  newMode: status === 'deleted' ? none : entry.newMode,
  oldOid: status === 'added' ? zero : entry.oldOid,
  newOid: status === 'deleted' ? zero : entry.newOid,
  hunks: 1,
  addedLines: 1,
  deletedLines: 1,
  longestLine: 9,
  forward: null,
  reverse: null,
  line: 1,
});

const patchFiles = (entry: ChangeEntry): PatchFile[] => {
  const words = { A: 'added', D: 'deleted', M: 'modified' } as const;
  if (entry.status === 'T') return [half(entry, 'deleted'), half(entry, 'added')];
  return [half(entry, words[entry.status])];
};

export const samplePatch = (entries: readonly ChangeEntry[]): AcceptedPatch => ({
  ok: true,
  format: 'diff',
  files: entries.flatMap(patchFiles),
  span: { start: 0, end: 100 },
  inflatedBytes: 0,
});

export const sampleFacts = ({
  changes = [{ path: 'README.md', oldMode: '100644' }],
  existing = [],
  policy = {},
}: SampleOptions = {}): ContextFacts => {
  const merge = mergeLayers([{ layer: 'installation', name: 'sample', rules: policy }]);
  if (!merge.ok) throw new TypeError(merge.message);
  const entries = changes.map(sampleEntry);
  const places = [
    ...existing.map((path) => ({ path: toRaw(path), mode: '100644', inBase: true })),
    ...entries
      .filter(({ newMode }) => newMode !== none)
      .map(({ path, newMode, oldMode }) => ({ path, mode: newMode, inBase: oldMode !== none })),
  ];
  const baseTree = 'c'.repeat(40);
  const tree = entries.length === 0 ? baseTree : 'd'.repeat(40);
  return {
    policy: merge.policy,
    artifact: { bytes: 100, sha256: '1'.repeat(64), declaredSha256: '1'.repeat(64) },
    patch: samplePatch(entries),
    lease: {
      generation: 1,
      currentGeneration: 1,
      sessionMatches: true,
      repositoryMatches: true,
      baseMatches: true,
    },
    base: { commit: 'f'.repeat(40), tree: baseTree, reachable: true },
    harvest: { made: 'handed_in' },
    canary: [],
    roundTrip: { declaredTree: tree, appliedTree: tree, regeneratedTree: tree },
    commands: { required: [], outcomes: null },
    change: {
      baseTree,
      tree,
      entries,
      blobs: blobsOf(changes, entries),
      secrets: new Map(),
      folders: foldersWith(places, foldersOf(entries)),
      links: new Map(),
      fsck: [],
    },
  };
};

/** What a gate says in short: its answer, and the codes of its findings by path. */
export const inShort = ({
  answer,
  findings,
}: {
  answer: string;
  findings: readonly { code: string; path?: string | undefined }[];
}): string =>
  [answer, ...findings.map(({ code, path }) => (path === undefined ? code : `${code} ${path}`))].join('; ');
