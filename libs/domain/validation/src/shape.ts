import type { RawPath } from '@gatehouse/policy';
import type { BlobFacts, ChangeEntry, ContentFacts, ContextFacts, LinkFacts, TreeFacts } from './facts.js';
import type { ParsedPatch } from './patch/parsed.js';

/** A change without its contents: what is kept of it, so that gates can be asked again without git. */
export interface TreeShape {
  readonly entries: readonly ChangeEntry[];
  readonly blobs: Readonly<Record<string, BlobShape>>;
  readonly links: readonly (readonly [RawPath, LinkFacts])[];
}

interface BlobShape {
  readonly size: number;
  /** Null where the blob was not read. */
  readonly content: Pick<ContentFacts, 'binary' | 'longestLine'> | null;
}

/** Of the patch, what limits look at. */
export interface PatchShape {
  readonly bytes: number;
  readonly inflatedBytes: number;
  readonly files: readonly {
    readonly path: RawPath;
    readonly target: number;
    readonly longestLine: number;
    readonly addedLines: number;
    readonly deletedLines: number;
  }[];
}

export const shapeOf = ({ entries, blobs, links }: TreeFacts): TreeShape => ({
  entries,
  blobs: Object.fromEntries(
    [...blobs].map(([oid, { size, content }]) => [
      oid,
      { size, content: content && { binary: content.binary, longestLine: content.longestLine } },
    ]),
  ),
  links: [...links],
});

export const patchShapeOf = (patch: ParsedPatch, bytes: number): PatchShape | null =>
  patch.ok
    ? {
        bytes,
        inflatedBytes: patch.inflatedBytes,
        files: patch.files.map(({ path, forward, longestLine, addedLines, deletedLines }) => ({
          path,
          target: forward?.target ?? 0,
          longestLine,
          addedLines,
          deletedLines,
        })),
      }
    : null;

/** Thrown where a gate looks for what no shape holds; its answer is then not known. */
export class NotKept extends Error {}

const notKept = (what: string): never => {
  throw new NotKept(`${what} is not kept.`);
};

const blobOf = ({ size, content }: BlobShape): BlobFacts => ({
  size,
  // Not read then, under the limit of that time: a gate that would read it now must not take it for unreadable.
  get content(): ContentFacts | null {
    if (content === null) return notKept('the content of a large file');
    return {
      ...content,
      get head() {
        return notKept('the beginning of a file');
      },
      get text() {
        return notKept('the text of a file');
      },
      get utf8() {
        return notKept('the text of a file');
      },
      get type() {
        return notKept('the beginning of a file');
      },
    };
  },
});

/** The facts that a shape still holds; reaching for any other throws `NotKept`. */
export const changeOf = (
  baseTree: string,
  tree: string,
  { entries, blobs, links }: TreeShape,
): TreeFacts => ({
  baseTree,
  tree,
  entries,
  blobs: new Map(Object.entries(blobs).map(([oid, blob]) => [oid, blobOf(blob)])),
  get secrets() {
    return notKept('what the scan for secrets found');
  },
  get folders() {
    return notKept('the names of other files');
  },
  links: new Map(links),
  get fsck() {
    return notKept('what git found');
  },
});

/** What a gate may one day look for as well is then not known, instead of undefined. */
const onlyKept = <T>(known: object, what: string): T =>
  new Proxy(known, {
    get: (target, key) =>
      typeof key === 'symbol' || key in target ? Reflect.get(target, key) : notKept(what),
  }) as T;

/** The part of the facts on a patch that limits look at. */
export const patchFactsOf = ({
  bytes,
  inflatedBytes,
  files,
}: PatchShape): Pick<ContextFacts, 'artifact' | 'patch'> => ({
  artifact: onlyKept({ bytes }, 'the received artifact'),
  patch: onlyKept(
    {
      ok: true,
      inflatedBytes,
      files: files.map(({ target, ...file }) =>
        onlyKept({ ...file, forward: onlyKept({ target }, 'the patch of a file') }, 'the patch of a file'),
      ),
    },
    'the patch',
  ),
});
