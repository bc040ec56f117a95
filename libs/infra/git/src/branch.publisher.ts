import { GatehouseError } from '@gatehouse/contracts';
import { describeStderr, type GitRunner } from './git.runner.js';
import { isLogRef, isObjectId, isOurRef, isProofRef, isRefName } from './ref.name.js';
import type { LocatedSource } from './source.locator.js';
import { accessFault, accessTo, reasonOf } from './source.credential.js';
import { readTransport, writeTransport } from './source.transport.js';
import { treeOf } from './tree/tree.store.js';

export type RemoteRef =
  | { readonly ok: true; /** Undefined where the ref does not exist. */ readonly oid: string | undefined }
  | {
      readonly ok: false;
      /** `source.silent`: its host does not answer, which may last for hours. */
      readonly reason: 'source.unreachable' | 'source.silent';
      readonly message: string;
    };

export type PublishAnswer =
  | {
      readonly ok: true;
      readonly commit: string;
      readonly tree: string;
      /** The ref was there already: an earlier try had got through. */
      readonly already: boolean;
    }
  | {
      readonly ok: false;
      /**
       * `ref.moved`: somebody else wrote the ref; nothing was overwritten. `source.unwritable`: a lock, a right or a
       * disk of the source stands against it, which may go away; `ref.rejected`: the source does not want it.
       */
      readonly reason:
        'ref.moved' | 'ref.rejected' | 'source.unreachable' | 'source.silent' | 'source.unwritable';
      readonly message: string;
      /** What the ref is now, where it could be read and exists. */
      readonly actual?: string;
    };

/** What refs of the source are at one moment; those that do not exist are left out. */
export type RemoteRefs =
  { readonly ok: true; readonly oids: ReadonlyMap<string, string> } | Extract<RemoteRef, { ok: false }>;

/** What a ref of the source is right now, asked of the source itself. */
export const readRemoteRef = async (
  git: GitRunner,
  located: LocatedSource,
  ref: string,
): Promise<RemoteRef> => {
  const answer = await readRemoteRefs(git, located, [ref]);
  return answer.ok ? { ok: true, oid: answer.oids.get(ref) } : answer;
};

/** Like `readRemoteRef`, of several refs in one question. */
export const readRemoteRefs = async (
  git: GitRunner,
  located: LocatedSource,
  refs: readonly string[],
): Promise<RemoteRefs> => {
  const odd = refs.find((ref) => !/^refs\//.test(ref) || !isRefName(ref));
  if (odd !== undefined)
    throw new GatehouseError('git.refused', `${JSON.stringify(odd.slice(0, 80))} is not a full ref name.`);
  const access = await accessTo(located);
  const listed = await git
    .run(['ls-remote', '--quiet', ...readTransport(located), '--end-of-options', located.address, ...refs], {
      ...access,
      timeoutMs: 60_000,
      accept: [0, 128],
    })
    .catch((error: unknown) => {
      if (error instanceof GatehouseError && error.code === 'git.timeout') return error;
      throw error;
    });
  if (listed instanceof GatehouseError)
    return {
      ok: false,
      reason: 'source.silent',
      message: 'The repository cannot be read: its host did not answer within a minute.',
    };
  const { code, stdout, stderr } = listed;
  if (code !== 0)
    return {
      ok: false,
      reason: reasonOf(stderr),
      message:
        accessFault(stderr, located) ?? `The repository cannot be read. Git said: ${describeStderr(stderr)}`,
    };
  // A pattern also matches refs that merely end like ours.
  const lines = stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => refs.includes(line.slice(41)));
  return { ok: true, oids: new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)])) };
};

/**
 * Publishes a commit as a branch of the source, a proof or a log, by compare-and-swap: `expected` is what the ref
 * must be now, null that it must not exist. Whatever the push says, the ref is read back, and only what is really
 * there counts; so a retry after a crash or a lost answer is safe.
 *
 * @param wanted.before what the ref was a moment ago, where the caller has just read it
 * @param gitDir repository or quarantine that holds the commit
 * @throws GatehouseError `git.refused` for a ref outside of these three
 */
export const publishBranch = async (
  git: GitRunner,
  located: LocatedSource,
  gitDir: string,
  wanted: {
    readonly commit: string;
    readonly ref: string;
    readonly expected: string | null;
    readonly before?: RemoteRef;
  },
): Promise<PublishAnswer> => {
  const { commit, ref, expected } = wanted;
  if (!isOurRef(ref) && !isProofRef(ref) && !isLogRef(ref))
    throw new GatehouseError(
      'git.refused',
      `Gatehouse writes below refs/heads/gatehouse/, refs/gatehouse/proof/ and refs/gatehouse/log/ only, not ${JSON.stringify(ref.slice(0, 120))}.`,
    );
  if (!isObjectId(commit) || (expected !== null && !isObjectId(expected)))
    throw new GatehouseError('git.refused', 'A branch is published by full commit ids.');
  const tree = await treeOf(git, gitDir, commit);
  const before = wanted.before ?? (await readRemoteRef(git, located, ref));
  if (!before.ok) return before;
  if (before.oid === commit) return { ok: true, commit, tree, already: true };
  if ((before.oid ?? null) !== expected) return moved(ref, expected, before.oid);

  const { said, taken, silent, retry, fault } = await push(git, located, gitDir, wanted);
  const after = await readRemoteRef(git, located, ref);
  if (!after.ok) return after;
  if (after.oid === commit) return { ok: true, commit, tree, already: false };
  if ((after.oid ?? null) !== expected) return moved(ref, expected, after.oid);
  if (fault !== undefined) return { ok: false, reason: 'source.unreachable', message: fault };
  if (taken)
    return {
      ok: false,
      reason: 'source.unreachable',
      message: `The push of ${ref} was taken, but the repository still shows what was there before. It is looked at again.`,
    };
  if (silent)
    return {
      ok: false,
      reason: 'source.silent',
      message: `The host of the repository does not take ${ref} now. Git said: ${said}`,
    };
  return retry
    ? {
        ok: false,
        reason: 'source.unwritable',
        message: `The repository cannot be written to now. Free its disk, rights or stale .lock files. Git said: ${said}`,
      }
    : {
        ok: false,
        reason: 'ref.rejected',
        message: `The repository did not take ${ref}. Git said: ${said}`,
      };
};

/**
 * What git says of a lock, a disk, a right of the machine or a host in trouble, or of a ref that is not what it shows
 * itself to be; no name of a ref or a file can say it.
 */
const unwritable =
  /\(stale info\)|is at [0-9a-f]+ but expected|reference already exists|incorrect old value|\.lock': File exists|No space left on device|Disk quota exceeded|Read-only file system|Permission denied|Input\/output error|insufficient permission for adding an object|unable to (?:write|create temporary)|The requested URL returned error: (?:429|5\d\d)|^error: RPC failed|the remote end hung up unexpectedly/m;

const push = async (
  git: GitRunner,
  located: LocatedSource,
  gitDir: string,
  {
    commit,
    ref,
    expected,
  }: { readonly commit: string; readonly ref: string; readonly expected: string | null },
): Promise<{
  said: string;
  taken: boolean;
  /** Its host did not answer, or only that it cannot. */ silent: boolean;
  /** What stood against it may go away. */ retry: boolean;
  fault?: string | undefined;
}> => {
  try {
    const { code, stdout, stderr } = await git.run(
      [
        'push',
        '--porcelain',
        '--no-verify',
        '--no-signed',
        '--no-follow-tags',
        '--recurse-submodules=no',
        `--force-with-lease=${ref}:${expected ?? ''}`,
        ...writeTransport(located),
        '--end-of-options',
        located.address,
        `${commit}:${ref}`,
      ],
      { gitDir, ...(await accessTo(located)), timeoutMs: 600_000, accept: [0, 1, 128] },
    );
    const said = `${stderr}\n${stdout.toString('utf8')}`;
    return {
      said: describeStderr(said),
      taken: code === 0,
      silent: reasonOf(stderr) === 'source.silent',
      retry: unwritable.test(said),
      fault: code === 0 ? undefined : accessFault(stderr, located),
    };
  } catch (error) {
    // A push whose answer was lost may have got through: reading the ref back decides.
    if (error instanceof GatehouseError && (error.code === 'git.timeout' || error.code === 'git.failed'))
      return { said: error.message, taken: false, silent: false, retry: true };
    throw error;
  }
};

const moved = (ref: string, expected: string | null, actual: string | undefined): PublishAnswer => ({
  ok: false,
  reason: 'ref.moved',
  message: `${ref} is ${actual ?? 'absent'}, but ${expected ?? 'absent'} was expected; somebody else wrote it, and nothing was overwritten.`,
  ...(actual === undefined ? {} : { actual }),
});
