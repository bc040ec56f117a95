import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { layOutBare } from './bare.repository.js';
import { readFaults, type ObjectFault } from './fsck.severity.js';
import { describeStderr, type GitRunner } from './git.runner.js';
import { objectInfo, readObjects } from './object.reader.js';
import { writeObject, type NewObject } from './object.writer.js';
import type { Quarantine } from './quarantine.js';
import { isDirectoryMode, type RawEntry } from './tree/tree.format.js';
import { treeOf, withTrees } from './tree/tree.store.js';

/**
 * Checks what a candidate adds to its base, as strictly as git can: names, modes, order, `.gitmodules`, and that
 * nothing is missing. "Adds" is told from the two trees and not from what is new on disk: content that some other
 * branch already had is just as much the candidate's. Faults of what the base had are left out.
 *
 * @param base tree or commit
 * @param candidate tree or commit; a commit is checked too
 */
export const fsckObjects = async (
  git: GitRunner,
  quarantine: Quarantine,
  base: string,
  candidate: string,
): Promise<ObjectFault[]> => {
  const { gitDir } = quarantine;
  const added = await addedObjects(git, gitDir, base, candidate);
  const found = await objectInfo(git, gitDir, [...added]);
  const present = found.flatMap((info) => (info === undefined ? [] : [info.oid]));
  const fault = (oid: string, code: string, message: string): ObjectFault => ({
    ...{ oid, code, message },
    severity: 'error',
  });
  const faults = [...added]
    .filter((_, i) => found[i] === undefined)
    .map((oid) => fault(oid, 'missingObject', 'the candidate points to an object that does not exist'));
  if (present.length === 0) return faults;
  // Alone in a repository of their own, since git would not look again at objects that a borrowed store holds.
  const alone = join(gitDir, `fsck-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(alone, { mode: 0o700 });
    await layOutBare(alone);
    const bytes = found.reduce((sum, info) => sum + (info?.size ?? 0), 0);
    const damaged = await copyObjects(git, gitDir, alone, present, bytes > maxPlainBytes ? 1 : 0);
    faults.push(
      ...damaged.map((oid) =>
        fault(oid, 'hashMismatch', 'the content of the object is not what its name says'),
      ),
    );
    return [...faults, ...(await check(git, alone, new Set(present)))];
  } finally {
    await rm(alone, { recursive: true, force: true });
  }
};

const addedObjects = (
  git: GitRunner,
  gitDir: string,
  base: string,
  candidate: string,
): Promise<Set<string>> =>
  withTrees(git, gitDir, base, async (load, before) => {
    const added = new Set<string>([candidate]);
    const walk = async (old: string | undefined, made: string): Promise<void> => {
      added.add(made);
      const had = new Map<string, RawEntry>();
      for (const entry of old === undefined ? [] : await load(old))
        had.set(entry.name.toString('latin1'), entry);
      for (const { mode, name, oid } of await load(made)) {
        const was = had.get(name.toString('latin1'));
        if (was?.oid === oid && was.mode === mode) continue;
        const isDirectory = isDirectoryMode(mode);
        if (isDirectory) await walk(was && isDirectoryMode(was.mode) ? was.oid : undefined, oid);
        // A gitlink names a commit of another repository.
        else if (mode !== '160000') added.add(oid);
      }
    };
    await walk(before, await treeOf(git, gitDir, candidate));
    return added;
  });

/** Up to here the copy is written without compression, which takes longer than all of fsck; beyond it the disk counts. */
const maxPlainBytes = 64 << 20;
/** Far above what a patch may make; only what the base has can be larger. */
const maxObjectBytes = 1 << 30;

/** Copies objects, and answers those of which the content hashes to another name. */
const copyObjects = async (
  git: GitRunner,
  from: string,
  to: string,
  oids: readonly string[],
  level: 0 | 1,
): Promise<string[]> => {
  const damaged: string[] = [];
  let at = 0;
  for await (const { type, content } of readObjects(git, from, oids, { maxBytes: maxObjectBytes })) {
    const oid = oids[at++] ?? '';
    const written = await writeObject(to, { type: type as NewObject['type'], content }, level);
    if (written !== oid) damaged.push(oid);
  }
  return damaged;
};

const check = async (git: GitRunner, gitDir: string, added: ReadonlySet<string>): Promise<ObjectFault[]> => {
  const result = await git.run(
    ['fsck', '--strict', '--no-dangling', '--no-full', '--no-reflogs', '--no-progress'],
    {
      gitDir,
      // There are none of these, and git would start a process for each to find that out.
      config: [
        ['core.commitGraph', 'false'],
        ['core.multiPackIndex', 'false'],
      ],
      timeoutMs: 300_000,
      accept: Array.from({ length: 32 }, (_, code) => code),
    },
  );
  const said = `${result.stdout.toString('utf8')}\n${result.stderr}`;
  const faults = readFaults(said);
  // Everything else git can complain of here is that the base is not there, or HEAD, which names nothing.
  const expected = /^(error: HEAD points to something strange|notice: |missing |broken link from|\s+to )/;
  const known = /^(error|warning) in \w+ [0-9a-f]{40}: /;
  const unread = said.split('\n').find((line) => line !== '' && !expected.test(line) && !known.test(line));
  // Something is wrong that we cannot read; that must not look like a clean answer.
  if (unread !== undefined)
    throw new GatehouseError('git.failed', `git fsck said something unexpected: ${describeStderr(unread)}`);
  return faults.filter(({ oid }) => added.has(oid));
};
