import { blobSizes, readBlobs, type GitRunner } from '@gatehouse/git';
import { fileTypeFromBuffer } from 'file-type';
import { measureBlob } from './content.js';
import type { BlobFacts, ChangeEntry } from './facts.js';
import type { SecretHit } from './secrets/secret.hit.js';
import type { ScanSecrets } from './secrets/secret.scanner.js';

/** Content of the blobs of a change, fetched from git. */

const none = '000000';
const gitlink = '160000';
const isBlob = (mode: string): boolean => mode !== none && mode !== gitlink;

/** Of all blobs of a change together; the default policy lets a change have 32 MiB on its new side. */
const maxTextBytes = 96 * 1024 * 1024;

const newOids = (entries: readonly ChangeEntry[]): string[] =>
  entries.filter(({ newMode }) => isBlob(newMode)).map(({ newOid }) => newOid);
const oldOids = (entries: readonly ChangeEntry[]): string[] =>
  entries.filter(({ oldMode }) => isBlob(oldMode)).map(({ oldOid }) => oldOid);

/** What the first bytes say that it is, as an extension; null where they say nothing. */
const typeOf = async (head: string): Promise<string | null> =>
  (await fileTypeFromBuffer(Buffer.from(head, 'latin1')))?.ext ?? null;

export const readContents = async (
  git: GitRunner,
  gitDir: string,
  entries: readonly ChangeEntry[],
  maxBytes: number,
): Promise<Map<string, BlobFacts>> => {
  // New sides first: they are what must be held where not everything can be.
  const oids = [...newOids(entries), ...oldOids(entries)];
  const sizes = await blobSizes(git, gitDir, oids);
  const facts = new Map<string, BlobFacts>([...sizes].map(([oid, size]) => [oid, { size, content: null }]));
  const small = [...sizes].filter(([, size]) => size <= maxBytes).map(([oid]) => oid);
  let room = maxTextBytes;
  for await (const { oid, content } of readBlobs(git, gitDir, small, { maxBytes })) {
    room -= content.length;
    const measured = measureBlob(content, room >= 0);
    const type = measured.content && (await typeOf(measured.content.head));
    facts.set(oid, { ...measured, content: measured.content && { ...measured.content, type } });
  }
  return facts;
};

export interface SecretReader extends ScanSecrets {
  readonly onError: (error: unknown) => void;
}

/** As many blobs are read ahead of the threads that scan them. */
const ahead = 4;

const scanAll = async (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
  maxBytes: number,
  { scan }: { scan: ScanSecrets['scan'] },
): Promise<Map<string, readonly SecretHit[]>> => {
  const found = new Map<string, readonly SecretHit[]>();
  let waiting: Promise<void>[] = [];
  const sizes = await blobSizes(git, gitDir, oids);
  const small = [...sizes].filter(([, size]) => size <= maxBytes).map(([oid]) => oid);
  for await (const { oid, content } of readBlobs(git, gitDir, small, { maxBytes })) {
    waiting.push(scan(content).then((hits) => void found.set(oid, hits)));
    if (waiting.length < ahead) continue;
    await Promise.all(waiting);
    waiting = [];
  }
  await Promise.all(waiting);
  return found;
};

/**
 * Hits by blob: of every new side, and of the old ones where there are any, so that what was there before is told
 * from what is new. Null where it could not be found out; what git cannot do is thrown.
 */
export const readSecrets = async (
  git: GitRunner,
  gitDir: string,
  entries: readonly ChangeEntry[],
  maxBytes: number,
  { scan, onError }: SecretReader,
): Promise<Map<string, readonly SecretHit[]> | null> => {
  let broke = false;
  const tried = async (content: Buffer): Promise<readonly SecretHit[]> => {
    try {
      return broke ? [] : await scan(content);
    } catch (error) {
      if (!broke) onError(error);
      broke = true;
      return [];
    }
  };
  const found = await scanAll(git, gitDir, newOids(entries), maxBytes, { scan: tried });
  const any = [...found.values()].some((hits) => hits.length > 0);
  const before = any ? await scanAll(git, gitDir, oldOids(entries), maxBytes, { scan: tried }) : [];
  return broke ? null : new Map([...found, ...before]);
};
