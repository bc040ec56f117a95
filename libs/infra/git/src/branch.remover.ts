import { GatehouseError } from '@gatehouse/contracts';
import { readRemoteRef } from './branch.publisher.js';
import { describeStderr, type GitRunner } from './git.runner.js';
import { isObjectId, isOurRef } from './ref.name.js';
import { accessTo, unreachable } from './source.credential.js';
import type { LocatedSource } from './source.locator.js';
import { writeTransport } from './source.transport.js';

/**
 * Takes a branch of ours away again, where it still is what we pushed. One that is gone already is gone; one that
 * somebody else wrote to stays.
 *
 * @throws GatehouseError `git.refused` for a ref outside `refs/heads/gatehouse/`, `git.failed` or `git.unavailable`
 * where it could not be done
 */
export const removeBranch = async (
  git: GitRunner,
  located: LocatedSource,
  gitDir: string,
  { ref, expected }: { readonly ref: string; readonly expected: string },
): Promise<void> => {
  if (!isOurRef(ref) || !isObjectId(expected))
    throw new GatehouseError('git.refused', 'Gatehouse removes branches of its own only, by full commit id.');
  const { stderr } = await git.run(
    [
      'push',
      '--porcelain',
      '--no-verify',
      '--no-signed',
      `--force-with-lease=${ref}:${expected}`,
      ...writeTransport(located),
      '--end-of-options',
      located.address,
      `:${ref}`,
    ],
    { gitDir, ...(await accessTo(located)), timeoutMs: 120_000, accept: [0, 1, 128] },
  );
  // Only what is really there counts, whatever the push said.
  const after = await readRemoteRef(git, located, ref);
  if (!after.ok) throw unreachable(after.reason, after.message);
  if (after.oid === expected)
    throw new GatehouseError(
      'git.failed',
      `${ref} could not be removed again. Git said: ${describeStderr(stderr)}`,
    );
};
