import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner } from './git.runner.js';
import { readBlobs, readObjects } from './object.reader.js';
import { isObjectId } from './ref.name.js';
import { hashObject } from './tree.format.js';

/** The one file of a commit below `refs/gatehouse/proof/`. */
export const proofFile = 'proof.dsse.json';
/** A candidate is published a few times at most; whoever puts more there wants to keep us busy. */
const maxProofsOfRef = 100;
const maxProofBytes = 64 << 20;
const maxCommitBytes = 1 << 20;
const maxObjectBytes = 1 << 30;

/** The proofs of one ref, the latest first, as bytes; what is no proof's commit is passed over. */
export const readProofs = async function* (
  git: GitRunner,
  gitDir: string,
  head: string,
): AsyncGenerator<Buffer> {
  if (!isObjectId(head)) return;
  const { stdout: list } = await git.run(
    ['rev-list', `--max-count=${maxProofsOfRef}`, '--first-parent', '--end-of-options', head],
    { gitDir, accept: [0, 128] },
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
    accept: [0, 1, 128],
  });
  const damage = await damageOf(git, gitDir, [commit, `^${base}`]);
  return { commit: found, base: under, isOnBase: code === 0, damage };
};

/** Reads every object of a range and holds its bytes against its name; git itself would pass a changed blob on. */
const damageOf = async (
  git: GitRunner,
  gitDir: string,
  range: readonly string[],
): Promise<string | undefined> => {
  const { code, stdout } = await git.run(['rev-list', '--objects', '--no-object-names', ...range], {
    gitDir,
    accept: [0, 1, 128],
  });
  const oids = stdout.toString('latin1').split('\n').filter(isObjectId);
  const broken = (what: string): string =>
    `${what} of the change is missing here, or has another content than its id names. Run git fsck in the clone.`;
  if (code !== 0) return broken('An object');
  try {
    for await (const { oid, type, content } of readObjects(git, gitDir, oids, { maxBytes: maxObjectBytes }))
      if (hashObject(type as 'blob' | 'tree' | 'commit', content) !== oid) return broken(`Object ${oid}`);
    return undefined;
  } catch (error) {
    if (error instanceof GatehouseError && error.fault !== 'bug') return broken('An object');
    throw error;
  }
};
