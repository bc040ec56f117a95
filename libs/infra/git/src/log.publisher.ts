import { GatehouseError } from '@gatehouse/contracts';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publishBranch, type PublishAnswer, type RemoteRef } from './branch.publisher.js';
import type { GitRunner } from './git.runner.js';
import { logObjects, type LogCommit } from './log.format.js';
import { writeObjects } from './object.writer.js';
import { isLogRef } from './ref.name.js';
import type { LocatedSource } from './source.locator.js';

export interface LogExport {
  readonly ref: string;
  /** The entry that the ref is at now; undefined where the ref does not exist. */
  readonly under: LogCommit | undefined;
  /** What follows on it, oldest first; at least one. */
  readonly entries: readonly LogCommit[];
  /** What the ref was a moment ago, where the caller has just read it. */
  readonly before?: RemoteRef;
}

/**
 * Appends entries to a log by compare-and-swap. Nothing is fetched: of what the repository has only the last commit is
 * made again, and where it is not that one, nothing is written.
 *
 * @param gitDir a quarantine of its own: it becomes a shallow one
 * @throws GatehouseError `git.refused` for a ref outside `refs/gatehouse/log/`
 */
export const publishLog = async (
  git: GitRunner,
  located: LocatedSource,
  gitDir: string,
  { ref, under, entries, before: read }: LogExport,
): Promise<PublishAnswer> => {
  if (!isLogRef(ref))
    throw new GatehouseError('git.refused', `${ref.slice(0, 120)} is no ref of a promotion log.`);
  const made = entries.map(logObjects);
  const last = made.at(-1);
  if (last === undefined)
    throw new GatehouseError('git.refused', 'A log is published with an entry at least.');
  const before = under === undefined ? undefined : logObjects(under);
  // What lies before it is at the repository, and not needed to send what comes after it.
  if (before !== undefined) await writeFile(join(gitDir, 'shallow'), `${before.commit}\n`);
  await writeObjects(gitDir, [...(before?.objects ?? []), ...made.flatMap((one) => one.objects)]);
  return publishBranch(git, located, gitDir, {
    commit: last.commit,
    ref,
    expected: before?.commit ?? null,
    ...(read === undefined ? {} : { before: read }),
  });
};
