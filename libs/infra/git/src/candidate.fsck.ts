import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { layOutBare } from './bare.repository.js';
import { noObject } from './git.environment.js';
import { readFaults, type ObjectFault } from './fsck.severity.js';
import { describeStderr, type GitRunner } from './git.runner.js';
import { diffTrees, objectInfo } from './object.reader.js';
import type { Quarantine } from './quarantine.js';

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
  const faults: ObjectFault[] = [...added]
    .filter((_, i) => found[i] === undefined)
    .map((oid) => ({
      oid,
      code: 'missingObject',
      message: 'the candidate points to an object that does not exist',
      severity: 'error' as const,
    }));
  if (present.length === 0) return faults;
  // Alone in a repository of their own, since git would not look again at objects that a borrowed store holds.
  const alone = join(gitDir, `fsck-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(alone, { mode: 0o700 });
    await layOutBare(alone);
    const bytes = found.reduce((sum, info) => sum + (info?.size ?? 0), 0);
    await copyObjects(git, gitDir, alone, present, bytes > maxPlainBytes ? '1' : '0');
    return [...faults, ...(await check(git, alone, new Set(present)))];
  } finally {
    await rm(alone, { recursive: true, force: true });
  }
};

const addedObjects = async (
  git: GitRunner,
  gitDir: string,
  base: string,
  candidate: string,
): Promise<Set<string>> => {
  const added = new Set<string>();
  for await (const { newMode, newOid } of diffTrees(git, gitDir, base, candidate, { trees: true })) {
    // A gitlink names a commit of another repository.
    if (newOid !== noObject && newMode !== '160000') added.add(newOid);
  }
  const { stdout } = await git.run(['rev-parse', '--verify', '--quiet', `${candidate}^{tree}`], { gitDir });
  added.add(stdout.toString('latin1').trim());
  added.add(candidate);
  return added;
};

/** Up to here the copy is written without compression, which takes longer than all of fsck; beyond it the disk counts. */
const maxPlainBytes = 64 << 20;

const copyObjects = async (
  git: GitRunner,
  from: string,
  to: string,
  oids: readonly string[],
  compression: '0' | '1',
): Promise<void> => {
  const pack = git.stream(['pack-objects', '--stdout', '-q', '--window=0', '--threads=1'], {
    gitDir: from,
    config: [['pack.compression', compression]],
    input: oids.map((oid) => `${oid}\n`).join(''),
    timeoutMs: 300_000,
    maxOutputBytes: 8 * 2 ** 30,
  });
  const whole = async function* () {
    yield* pack.stdout as AsyncIterable<Buffer>;
    await pack.done;
  };
  await git.run(['unpack-objects', '-q'], {
    gitDir: to,
    config: [['core.looseCompression', compression]],
    input: whole(),
    timeoutMs: 300_000,
  });
};

const check = async (git: GitRunner, gitDir: string, added: ReadonlySet<string>): Promise<ObjectFault[]> => {
  const result = await git.run(
    ['fsck', '--strict', '--no-dangling', '--no-full', '--no-reflogs', '--no-progress'],
    {
      gitDir,
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
  // An object that was copied and is not there has a content that hashes to another name.
  const oids = [...added];
  const arrived = await objectInfo(git, gitDir, oids);
  const damaged = oids
    .filter((_, i) => arrived[i] === undefined)
    .map((oid) => ({
      oid,
      code: 'hashMismatch',
      message: 'the content of the object is not what its name says',
      severity: 'error' as const,
    }));
  return [...faults.filter(({ oid }) => added.has(oid)), ...damaged];
};
