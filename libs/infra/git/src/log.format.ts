import { formatCommit, type CommitIdentity } from './commit.writer.js';
import type { NewObject } from './object.writer.js';
import { formatTree, hashObject } from './tree/tree.format.js';

/** The two files of a commit below `refs/gatehouse/log/`. */
export const logEntryFile = 'entry.json';
export const logHeadFile = 'head.dsse.json';

/** One entry of a log as the commit that it becomes. */
export interface LogCommit {
  readonly entry: Uint8Array;
  readonly head: Uint8Array;
  /** The commit of the entry before; null for the first. */
  readonly parent: string | null;
  readonly message: string;
  readonly identity: CommitIdentity;
  readonly date: Date;
}

/** The objects of an entry and the id of its commit: the same entry after the same one has the same id everywhere. */
export const logObjects = (made: LogCommit): { readonly commit: string; readonly objects: NewObject[] } => {
  const [entry, head] = [Buffer.from(made.entry), Buffer.from(made.head)];
  const file = (name: string, content: Buffer) => ({
    mode: '100644',
    name: Buffer.from(name),
    oid: hashObject('blob', content),
  });
  const tree = formatTree([file(logEntryFile, entry), file(logHeadFile, head)]);
  const { message, identity, date, parent } = made;
  const commit = formatCommit({
    tree: hashObject('tree', tree),
    parents: parent === null ? [] : [parent],
    message,
    author: identity,
    committer: identity,
    date,
  });
  return {
    commit: hashObject('commit', commit),
    objects: [
      { type: 'blob', content: entry },
      { type: 'blob', content: head },
      { type: 'tree', content: tree },
      { type: 'commit', content: commit },
    ],
  };
};
