import { GatehouseError } from '@gatehouse/contracts';
import { publishBranch, readRemoteRef, type PublishAnswer } from './branch.publisher.js';
import { commitTree, type CommitIdentity } from './commit.writer.js';
import { strictTransfer } from './fsck.severity.js';
import { describeStderr, type GitRunner } from './git.runner.js';
import { writeObject } from './object.writer.js';
import { isProofRef, proofRefs } from './ref.name.js';
import { proofFile, readProofs } from './proof.reader.js';
import { accessTo } from './source.credential.js';
import type { LocatedSource } from './source.locator.js';
import { readTransport } from './source.transport.js';
import { formatTree } from './tree/tree.format.js';

/** Another proof of the same candidate may come in between; it is added to, not written over. */
const tries = 5;

export interface ProofCommit {
  readonly candidateId: string;
  /** The envelope. */
  readonly bytes: Uint8Array;
  readonly message: string;
  readonly identity: CommitIdentity;
  readonly date: Date;
  /** Asked between the look at the ref and each push, and throws where another one has to do it now. */
  readonly mayWrite?: () => Promise<void>;
}

/**
 * Publishes a proof as `refs/gatehouse/proof/<candidate>` by compare-and-swap. Proofs that are there already stay
 * below it; one that is the latest there is not published again, so doing this twice changes nothing.
 *
 * @param gitDir a quarantine: objects of the ref are fetched into it
 */
export const publishProof = async (
  git: GitRunner,
  located: LocatedSource,
  gitDir: string,
  proof: ProofCommit,
): Promise<PublishAnswer> => {
  const ref = `${proofRefs}${proof.candidateId}`;
  if (!isProofRef(ref))
    throw new GatehouseError('git.refused', `${proof.candidateId.slice(0, 80)} is no id of a candidate.`);
  const tree = await treeOf(gitDir, proof.bytes);
  for (let left = tries; ; left--) {
    const before = await readRemoteRef(git, located, ref);
    if (!before.ok) return before;
    const parent = before.oid ?? null;
    if (parent !== null) {
      const fetched = await fetchRef(git, located, gitDir, ref);
      if (fetched !== undefined) return { ok: false, reason: 'source.unreachable', message: fetched };
      if (await isLatest(git, gitDir, parent, proof.bytes))
        return { ok: true, commit: parent, tree, already: true };
    }
    const { message, identity, date } = proof;
    const parents = parent === null ? [] : [parent];
    const whole = { tree, parents, message, author: identity, committer: identity, date };
    const commit = await commitTree(gitDir, whole);
    await proof.mayWrite?.();
    const answer = await publishBranch(git, located, gitDir, { commit, ref, expected: parent, before });
    if (answer.ok || answer.reason !== 'ref.moved' || left <= 1) return answer;
  }
};

/** Only the latest one says what a change was published with: one that lies below it is put on top again. */
const isLatest = async (
  git: GitRunner,
  gitDir: string,
  head: string,
  bytes: Uint8Array,
): Promise<boolean> => {
  for await (const found of readProofs(git, gitDir, head, 1)) return found.equals(bytes);
  return false;
};

const treeOf = async (gitDir: string, bytes: Uint8Array): Promise<string> => {
  const oid = await writeObject(gitDir, { type: 'blob', content: bytes });
  const file = { mode: '100644', name: Buffer.from(proofFile), oid };
  return writeObject(gitDir, { type: 'tree', content: formatTree([file]) });
};

/** Takes one ref of proofs in; answers what stands against it. */
const fetchRef = async (
  git: GitRunner,
  located: LocatedSource,
  gitDir: string,
  ref: string,
): Promise<string | undefined> => {
  const { config = [], ...access } = await accessTo(located);
  const { code, stderr } = await git.run(
    [
      'fetch',
      '--no-tags',
      '--no-write-fetch-head',
      '--no-recurse-submodules',
      '--no-auto-maintenance',
      '--refmap=',
      '--quiet',
      ...readTransport(located),
      '--end-of-options',
      located.address,
      ref,
    ],
    { gitDir, ...access, config: [...config, ...strictTransfer], accept: [0, 1, 128], timeoutMs: 120_000 },
  );
  return code === 0 ? undefined : `Earlier proofs cannot be read. Git said: ${describeStderr(stderr)}`;
};
