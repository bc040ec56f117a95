import { GatehouseError } from '@gatehouse/contracts';
import { unaided } from './git.environment.js';
import type { GitRunner } from './git.runner.js';
import { readBlobs, readObjects } from './object.reader.js';
import { isObjectId } from './ref.name.js';
import { hashObject } from './tree/tree.format.js';

/** The one file of a commit below `refs/gatehouse/proof/`. */
export const proofFile = 'proof.dsse.json';
/** A candidate is published a few times at most; whoever puts more there wants to keep us busy. */
const maxProofsOfRef = 100;
const maxProofBytes = 64 << 20;
const maxCommitBytes = 1 << 20;
const maxObjectBytes = 1 << 30;

/**
 * The proofs of one ref, the latest first, as bytes, of its last `most` commits; what is no proof's commit is passed over.
 * @throws GatehouseError `git.failed` or `git.refused` where an object of them is damaged
 */
export const readProofs = async function* (
  git: GitRunner,
  gitDir: string,
  head: string,
  most = maxProofsOfRef,
): AsyncGenerator<Buffer> {
  if (!isObjectId(head)) return;
  const { stdout: list } = await git.run(
    ['rev-list', `--max-count=${most}`, '--first-parent', '--end-of-options', head],
    { gitDir, config: unaided, accept: [0, 128] },
  );
  const commits = list.toString('latin1').split('\n').filter(isObjectId);
  if (commits.length === 0) return;
  const { stdout } = await git.run(['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'], {
    gitDir,
    input: commits.map((commit) => `${commit}:${proofFile}\n`).join(''),
  });
  const blobs = stdout
    .toString('latin1')
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([oid = '', type, size]) => isObjectId(oid) && type === 'blob' && Number(size) <= maxProofBytes)
    .map(([oid = '']) => oid);
  for await (const { content } of readBlobs(git, gitDir, blobs, { maxBytes: maxProofBytes })) yield content;
};

export interface CommitRead {
  /** Of the bytes that are there, worked out anew: another one where they were changed. */
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
}

/** A commit as its bytes have it; undefined where there is none. */
export const readCommit = async (
  git: GitRunner,
  gitDir: string,
  id: string,
): Promise<CommitRead | undefined> => {
  const { stdout: type } = await git.run(['cat-file', '-t', id], { gitDir, accept: [0, 1, 128] });
  if (!isObjectId(id) || type.toString('latin1').trim() !== 'commit') return undefined;
  for await (const { content } of readObjects(git, gitDir, [id], { maxBytes: maxCommitBytes })) {
    const text = content.toString('utf8');
    const end = text.indexOf('\n\n');
    const head = text.slice(0, end < 0 ? undefined : end).split('\n');
    const values = (name: string): string[] =>
      head.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
    return {
      id: hashObject('commit', content),
      tree: values('tree')[0] ?? '',
      parents: values('parent'),
      message: end < 0 ? '' : text.slice(end + 2),
    };
  }
  return undefined;
};

/** What a repository says of a commit and of the base below it. */
export const commitFacts = async (
  git: GitRunner,
  gitDir: string,
  { commit, base }: { readonly commit: string; readonly base: string },
): Promise<{
  commit: CommitRead | undefined;
  base: CommitRead | undefined;
  isOnBase: boolean;
  damage: string | undefined;
}> => {
  const [found, under] = [await readCommit(git, gitDir, commit), await readCommit(git, gitDir, base)];
  if (found === undefined || under === undefined)
    return { commit: found, base: under, isOnBase: false, damage: undefined };
  const { code } = await git.run(['merge-base', '--is-ancestor', base, commit], {
    gitDir,
    config: unaided,
    accept: [0, 1, 128],
  });
  return {
    commit: found,
    base: under,
    isOnBase: code === 0,
    damage: await damageOf(git, gitDir, commit, base),
  };
};

/**
 * Reads every object of a change and holds its bytes against its name; git itself would pass a changed blob on. What
 * lies in the trees below is left out as no part of the change, so they must be what their names say too.
 */
const damageOf = async (
  git: GitRunner,
  gitDir: string,
  commit: string,
  base: string,
): Promise<string | undefined> => {
  const broken = (what: string): string =>
    `${what} of the change is missing here, or has another content than its id names. Run git fsck in the clone.`;
  const list = async (...range: readonly string[]): Promise<string[] | undefined> => {
    const { code, stdout } = await git.run(['rev-list', '--objects', '--no-object-names', ...range], {
      ...{ gitDir, config: unaided, accept: [0, 1, 128], timeoutMs: 600_000, maxOutputBytes: 1 << 30 },
    });
    return code === 0 ? stdout.toString('latin1').split('\n') : undefined;
  };
  const lines = await list('--boundary', commit, `^${base}`);
  const edges = lines?.filter((line) => line.startsWith('-')).map((line) => line.slice(1)) ?? [];
  const under = lines && (await list('--no-walk', '--filter=blob:none', base, ...edges));
  if (lines === undefined || under === undefined) return broken('An object');
  const oids = [...lines, ...under].filter(isObjectId);
  try {
    for await (const { oid, type, content } of readObjects(git, gitDir, oids, { maxBytes: maxObjectBytes }))
      if (hashObject(type as 'blob' | 'tree' | 'commit', content) !== oid) return broken(`Object ${oid}`);
    return undefined;
  } catch (error) {
    if (error instanceof GatehouseError && error.fault !== 'bug') return broken('An object');
    throw error;
  }
};
