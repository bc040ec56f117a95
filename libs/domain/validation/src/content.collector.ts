import { blobSizes, readBlobs, type GitRunner } from '@gatehouse/git';
import { fileTypeFromBuffer } from 'file-type';
import { measureBlob } from './content.js';
import { namesOf, newNames } from './secrets/new.names.js';
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

export interface SecretReader extends ScanSecrets {
  readonly onError: (error: unknown) => void;
}

/** As many blobs are read ahead of the threads that scan them. */
const ahead = 4;

/** Hits by blob, of scans that run while more is read; null once one of them broke. */
class Scans {
  readonly #found = new Map<string, readonly SecretHit[]>();
  readonly #under = new Set<Promise<void>>();
  #broke = false;

  constructor(private readonly reader: SecretReader) {}

  /** Answers when there is room for the next one. */
  async add(oid: string, content: Buffer): Promise<void> {
    if (this.#broke) return;
    const scan: Promise<void> = this.reader
      .scan(content)
      .then((hits) => void this.#found.set(oid, hits))
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#under.delete(scan));
    this.#under.add(scan);
    if (this.#under.size >= ahead) await Promise.race(this.#under);
  }

  async end(): Promise<ReadonlyMap<string, readonly SecretHit[]> | null> {
    await Promise.all(this.#under);
    return this.#broke ? null : this.#found;
  }

  #fail(error: unknown): void {
    if (!this.#broke) this.reader.onError(error);
    this.#broke = true;
  }
}

export interface Contents {
  readonly blobs: ReadonlyMap<string, BlobFacts>;
  /**
   * Hits by blob: of every new side, and of the old ones where there are any, so that what was there before is told
   * from what is new. Null where it could not be found out; what git cannot do is thrown.
   */
  readonly secrets: ReadonlyMap<string, readonly SecretHit[]> | null;
}

/** Every blob of a change, read once: measured here, and its new side scanned in the threads meanwhile. */
export const readContents = async (
  git: GitRunner,
  gitDir: string,
  entries: readonly ChangeEntry[],
  maxBytes: number,
  secrets: SecretReader,
): Promise<Contents> => {
  // New sides first: they are what must be held where not everything can be.
  const [made, before] = [new Set(newOids(entries)), oldOids(entries)];
  const sizes = await blobSizes(git, gitDir, [...made, ...before]);
  const blobs = new Map<string, BlobFacts>([...sizes].map(([oid, size]) => [oid, { size, content: null }]));
  const small = [...sizes].filter(([, size]) => size <= maxBytes).map(([oid]) => oid);
  const scans = new Scans(secrets);
  const names = namesOf(entries);
  if (names.length > 0) await scans.add(newNames, Buffer.from(names.join('\n'), 'latin1'));
  let room = maxTextBytes;
  for await (const { oid, content } of readBlobs(git, gitDir, small, { maxBytes })) {
    if (made.has(oid)) await scans.add(oid, content);
    room -= content.length;
    const measured = measureBlob(content, room >= 0);
    const type = measured.content && (await typeOf(measured.content.head));
    blobs.set(oid, { ...measured, content: measured.content && { ...measured.content, type } });
  }
  const found = await scans.end();
  if (found === null || [...found.values()].every((hits) => hits.length === 0))
    return { blobs, secrets: found };
  const had = new Set(before);
  const old = small.filter((oid) => had.has(oid) && !made.has(oid));
  for await (const { oid, content } of readBlobs(git, gitDir, old, { maxBytes }))
    await scans.add(oid, content);
  return { blobs, secrets: await scans.end() };
};
