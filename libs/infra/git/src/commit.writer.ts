import { GatehouseError } from '@gatehouse/contracts';
import { writeObject } from './object.writer.js';
import { isObjectId } from './ref.name.js';

export interface CommitIdentity {
  readonly name: string;
  readonly email: string;
}

export interface CommitRequest {
  readonly tree: string;
  /** None of a root, two of a merge; the first is what the branch was. */
  readonly parents: readonly string[];
  readonly message: string;
  readonly author: CommitIdentity;
  readonly committer: CommitIdentity;
  /** Author and committer date; whole seconds count, the zone is always UTC. */
  readonly date: Date;
}

// eslint-disable-next-line no-control-regex
const badIdentity = /[\u0000-\u001f\u007f<>]/;

const identity = ({ name, email }: CommitIdentity, seconds: number): string => {
  if (badIdentity.test(name) || badIdentity.test(email) || name.trim() === '' || /\s/.test(email)) {
    throw new GatehouseError(
      'git.refused',
      'A commit needs a name and an e-mail address without angle brackets, blanks in the address, or control characters.',
    );
  }
  return `${name.trim()} <${email}> ${seconds} +0000`;
};

/**
 * The exact bytes of a commit. Written here and not by `git commit-tree`, so that a retry gives the same id whatever
 * the version of git: nothing is read from an environment, a clock or a configuration.
 */
export const formatCommit = (request: CommitRequest): Buffer => {
  const { tree, parents, message, author, committer, date } = request;
  for (const oid of [tree, ...parents]) {
    if (!isObjectId(oid))
      throw new GatehouseError('git.refused', `${JSON.stringify(oid.slice(0, 60))} is not a full object id.`);
  }
  const seconds = Math.floor(date.getTime() / 1000);
  if (!Number.isSafeInteger(seconds) || seconds < 0)
    throw new GatehouseError('git.refused', 'A commit needs a date after 1970.');
  if (message.includes('\0')) throw new GatehouseError('git.refused', 'A commit message may not hold a NUL.');
  const text = message
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .replace(/^\n+|\n+$/g, '');
  if (text === '') throw new GatehouseError('git.refused', 'A commit needs a message.');
  return Buffer.from(
    `tree ${tree}\n${parents.map((parent) => `parent ${parent}\n`).join('')}author ${identity(author, seconds)}\ncommitter ${identity(committer, seconds)}\n\n${text}\n`,
  );
};

/** Stores a commit in a repository that is ours alone and answers its id; the same request gives the same id every time. */
export const commitTree = (gitDir: string, request: CommitRequest): Promise<string> =>
  writeObject(gitDir, { type: 'commit', content: formatCommit(request) });
