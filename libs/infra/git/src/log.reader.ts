import { GatehouseError } from '@gatehouse/contracts';
import { unaided } from './git.environment.js';
import type { GitRunner } from './git.runner.js';
import { logEntryFile, logHeadFile } from './log.format.js';
import { readObjects } from './object.reader.js';
import { hashObject, parseTree } from './tree/tree.format.js';

const maxEntries = 1_000_000;
/** An entry and its head have some 1,500 bytes; a log that is larger than this wants to keep us busy. */
const maxObjectBytes = 1 << 16;
const maxLogBytes = 1 << 29;

/** The two files of one entry of a log. */
export interface LogFiles {
  readonly entry: Buffer;
  readonly head: Buffer;
}

export type LogAnswer =
  | { readonly ok: true; /** Oldest first. */ readonly records: readonly LogFiles[] }
  | { readonly ok: false; readonly message: string };

/** What a log holds, from its first commit on; every object is held against its name, and each follows on one other. */
export const readLog = async (git: GitRunner, gitDir: string, head: string): Promise<LogAnswer> => {
  const no = (message: string): LogAnswer => ({ ok: false, message });
  const { code, stdout } = await git.run(
    ['rev-list', '--parents', '--topo-order', '--reverse', `--max-count=${maxEntries}`, head, '--'],
    { gitDir, config: unaided, maxOutputBytes: 1 << 27, accept: [0, 1, 128] },
  );
  const lines = stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' '));
  if (code !== 0 || lines.length === 0)
    return no('A commit of the log is missing here. Fetch the whole of it, not a shallow part.');
  for (const [index, [, ...parents]] of lines.entries())
    if (parents.join() !== (lines[index - 1]?.[0] ?? ''))
      return no(`Commit ${index + 1} of the log does not follow on the one before alone.`);
  const ids = lines.map(([id = '']) => id);
  try {
    const trees = (await contents(git, gitDir, ids, 'commit')).map(treeOf);
    const pairs = (await contents(git, gitDir, trees, 'tree')).map(filesOf);
    const blobs = await contents(git, gitDir, pairs.flat(), 'blob');
    return {
      ok: true,
      records: pairs.map((_, n) => ({ entry: blobs[2 * n]!, head: blobs[2 * n + 1]! })),
    };
  } catch (error) {
    const isOfLog = error instanceof RangeError || (error instanceof GatehouseError && error.fault !== 'bug');
    if (!isOfLog) throw error;
    return no(`An object of the log is missing here, or is none of a log: ${error.message}`);
  }
};

const contents = async (
  git: GitRunner,
  gitDir: string,
  oids: readonly string[],
  expected: 'commit' | 'tree' | 'blob',
): Promise<Buffer[]> => {
  const found: Buffer[] = [];
  let bytes = 0;
  for await (const { oid, type, content } of readObjects(git, gitDir, oids, { maxBytes: maxObjectBytes })) {
    if (type !== expected || hashObject(expected, content) !== oid)
      throw new GatehouseError('git.refused', `${oid} has another content than its id names.`);
    if ((bytes += content.length) > maxLogBytes)
      throw new GatehouseError('git.refused', `The log has more than ${maxLogBytes} bytes.`);
    found.push(content);
  }
  return found;
};

const treeOf = (commit: Buffer): string => {
  const tree = /^tree ([0-9a-f]{40})\n/.exec(commit.toString('latin1', 0, 46))?.[1];
  if (tree === undefined) throw new GatehouseError('git.refused', 'A commit of it has no tree.');
  return tree;
};

const filesOf = (tree: Buffer): [entry: string, head: string] => {
  const entries = parseTree(tree);
  const [entry, head] = [logEntryFile, logHeadFile].map((name) =>
    entries.find((one) => one.mode === '100644' && one.name.toString() === name),
  );
  if (entry === undefined || head === undefined || entries.length !== 2)
    throw new GatehouseError(
      'git.refused',
      `A commit of it has other files than ${logEntryFile} and ${logHeadFile}.`,
    );
  return [entry.oid, head.oid];
};
