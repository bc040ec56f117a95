import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner } from './git.runner.js';
import { BatchOutput, type GitObject, type ObjectInfo, type ObjectType } from './object.batch.js';
import { keptDialogue } from './object.dialogue.js';
import { nulRecords } from './record.stream.js';
import { isObjectId } from './ref.name.js';

/** One entry of a tree. A gitlink has type `commit` and its object is usually not here. */
export interface TreeEntry {
  /** Six octal digits as git writes them: 100644, 100755, 120000, 160000, 040000. */
  readonly mode: string;
  readonly type: ObjectType;
  readonly oid: string;
  /** The full path, as bytes: names need not be UTF-8. */
  readonly path: Buffer;
}

/** One difference between two trees. An absent side has mode `000000` and an oid of forty zeros. */
export interface TreeChange {
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldOid: string;
  readonly newOid: string;
  /** A added, D deleted, M modified, T type changed. */
  readonly status: 'A' | 'D' | 'M' | 'T';
  readonly path: Buffer;
}

export interface Blob {
  readonly oid: string;
  readonly content: Buffer;
}

const needId = (...oids: readonly string[]): void => {
  const bad = oids.find((oid) => !isObjectId(oid));
  if (bad !== undefined)
    throw new GatehouseError('git.refused', `${JSON.stringify(bad.slice(0, 60))} is not a full object id.`);
};

/**
 * Every entry below a tree (or commit), in git's order; with `trees` also the directories themselves.
 * @throws GatehouseError `git.failed` where the tree does not exist or is damaged
 */
export const listTree = async function* (
  git: GitRunner,
  gitDir: string,
  tree: string,
  options: { readonly trees?: boolean; readonly maxOutputBytes?: number } = {},
): AsyncGenerator<TreeEntry> {
  needId(tree);
  const args = ['ls-tree', '-r', '-z', '--full-tree', ...(options.trees === true ? ['-t'] : []), tree];
  const running = git.stream(args, {
    gitDir,
    timeoutMs: 300_000,
    maxOutputBytes: options.maxOutputBytes ?? 1 << 30,
  });
  for await (const record of nulRecords(running.stdout)) {
    const tab = record.indexOf(9);
    const [mode = '', type = '', oid = ''] = record.toString('latin1', 0, tab).split(' ');
    yield { mode, type: type as ObjectType, oid, path: Buffer.from(record.subarray(tab + 1)) };
  }
  await running.done;
};

/** The differences between two trees (or commits), both sides, renames never guessed; with `trees` also directories. */
export const diffTrees = async function* (
  git: GitRunner,
  gitDir: string,
  before: string,
  after: string,
  options: { readonly trees?: boolean } = {},
): AsyncGenerator<TreeChange> {
  needId(before, after);
  const args = [
    'diff-tree',
    '-r',
    ...(options.trees === true ? ['-t'] : []),
    '--raw',
    '-z',
    '--no-renames',
    '--full-index',
    '--no-ext-diff',
    '--no-textconv',
    before,
    after,
    '--',
  ];
  const running = git.stream(args, { gitDir, timeoutMs: 300_000, maxOutputBytes: 1 << 30 });
  let head: string | undefined;
  for await (const record of nulRecords(running.stdout)) {
    if (head === undefined) {
      head = record.toString('latin1');
      continue;
    }
    const [oldMode = '', newMode = '', oldOid = '', newOid = '', status = ''] = head
      .replace(/^:/, '')
      .split(' ');
    yield {
      oldMode,
      newMode,
      oldOid,
      newOid,
      status: status as TreeChange['status'],
      path: Buffer.from(record),
    };
    head = undefined;
  }
  await running.done;
};

/** Type and size of objects, in the order asked; an object that does not exist is undefined. */
export const objectInfo = async (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
): Promise<(ObjectInfo | undefined)[]> => {
  needId(...oids);
  if (oids.length === 0) return [];
  const dialogue = keptDialogue(git, gitDir);
  if (dialogue !== undefined) return dialogue.info(oids);
  const { stdout } = await git.run(
    ['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)', '--buffer'],
    {
      gitDir,
      input: oids.map((oid) => `${oid}\n`).join(''),
      timeoutMs: 300_000,
    },
  );
  return stdout
    .toString('latin1')
    .split('\n')
    .slice(0, oids.length)
    .map((line) => {
      const [oid = '', type = '', size = ''] = line.split(' ');
      return size === '' ? undefined : { oid, type: type as ObjectInfo['type'], size: Number(size) };
    });
};

/** Bytes of each blob, by oid; blobs that do not exist are left out. */
export const blobSizes = async (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
): Promise<Map<string, number>> => {
  const found = await objectInfo(git, gitDir, [...new Set(oids)]);
  return new Map(
    found
      .filter((info) => info !== undefined && info.type === 'blob')
      .map((info) => [info?.oid ?? '', info?.size ?? 0]),
  );
};

/** The content of objects, one after the other, in the order asked; undefined for one that is missing. */
const contentsOf = async function* (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
  maxBytes: number,
): AsyncGenerator<GitObject | undefined> {
  const dialogue = keptDialogue(git, gitDir);
  if (dialogue !== undefined) return yield* dialogue.readAll(oids, maxBytes);
  const running = git.stream(['cat-file', '--batch', '--buffer'], {
    gitDir,
    input: oids.map((oid) => `${oid}\n`).join(''),
    timeoutMs: 600_000,
    maxOutputBytes: Number.MAX_SAFE_INTEGER,
  });
  const output = new BatchOutput(running.stdout);
  try {
    for (const oid of oids) yield await output.next(oid, maxBytes);
  } finally {
    running.stdout.destroy();
  }
};

/**
 * The content of objects, one after the other, in the order asked.
 * @param limits.maxBytes per object; a larger one ends the reading with `git.refused`. Ask `blobSizes` first.
 * @throws GatehouseError `git.refused` for an object that is missing or larger than the limit
 */
export const readObjects = async function* (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
  limits: { readonly maxBytes: number },
): AsyncGenerator<GitObject> {
  needId(...oids);
  if (oids.length === 0) return;
  let at = 0;
  for await (const object of contentsOf(git, gitDir, oids, limits.maxBytes)) {
    const oid = oids[at++] ?? '';
    if (object === undefined)
      throw new GatehouseError('git.refused', `The object ${oid} is missing.`, { details: { oid } });
    yield object;
  }
};

/** The content of blobs; like `readObjects`, and an object of another type is refused. */
export const readBlobs = async function* (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
  limits: { readonly maxBytes: number },
): AsyncGenerator<Blob> {
  for await (const { oid, type, content } of readObjects(git, gitDir, oids, limits)) {
    if (type !== 'blob')
      throw new GatehouseError('git.refused', `The object ${oid} is a ${type}, not a blob.`, {
        details: { oid },
      });
    yield { oid, content };
  }
};
