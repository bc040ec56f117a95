import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner } from '../git.runner.js';
import { ObjectDialogue } from '../object.batch.js';
import { emptyTree } from '../git.environment.js';
import { isObjectId } from '../ref.name.js';
import type { LoadTree, NewTree } from './tree.editor.js';
import { isDirectoryMode, parseTree, type RawEntry } from './tree.format.js';

/** Largest tree object that is read: about a million entries in one directory. */
const maxTreeBytes = 64 << 20;

/**
 * Lets `work` read trees, each once, and closes what that needs. `root` is a commit or a tree; `work` gets the tree.
 * @throws GatehouseError `git.refused` where a tree is not here
 */
export const withTrees = async <T>(
  git: GitRunner,
  gitDir: string,
  root: string,
  work: (load: LoadTree, tree: string) => Promise<T>,
): Promise<T> => {
  const dialogue = new ObjectDialogue(git, gitDir, maxTreeBytes);
  const known = new Map<string, readonly RawEntry[]>([[emptyTree, []]]);
  try {
    const tree = await treeOf(dialogue, root);
    const load: LoadTree = async (oid) => {
      const seen = known.get(oid);
      if (seen !== undefined) return seen;
      const object = await dialogue.read(oid);
      if (object?.type !== 'tree')
        throw new GatehouseError('git.refused', `${oid} is not a tree that is present here.`, {
          details: { oid },
        });
      const entries = parseTree(object.content);
      known.set(oid, entries);
      return entries;
    };
    return await work(load, tree);
  } finally {
    await dialogue.close();
  }
};

const treeOf = async (dialogue: ObjectDialogue, root: string): Promise<string> => {
  if (root === emptyTree) return root;
  const object = await dialogue.read(root);
  if (object?.type === 'tree') return root;
  const tree = object?.type === 'commit' ? object.content.toString('latin1', 5, 45) : '';
  if (!isObjectId(tree))
    throw new GatehouseError('git.refused', `${root} is not a commit or tree that is present here.`, {
      details: { oid: root },
    });
  return tree;
};

/** The entry at a path, or undefined; a path below something that is no directory does not exist. */
export const findEntry = async (
  load: LoadTree,
  tree: string,
  path: Buffer,
): Promise<RawEntry | undefined> => {
  const names = path.toString('latin1').split('/');
  let at: string = tree;
  for (const [depth, name] of names.entries()) {
    const entry = (await load(at)).find((candidate) => candidate.name.toString('latin1') === name);
    if (entry === undefined || depth === names.length - 1) return entry;
    if (!isDirectoryMode(entry.mode)) return undefined;
    at = entry.oid;
  }
  return undefined;
};

/**
 * Stores trees and checks that git names them as we did.
 * @throws GatehouseError `git.refused` where git does not take a tree
 */
export const writeTrees = async (
  git: GitRunner,
  gitDir: string,
  trees: readonly NewTree[],
): Promise<void> => {
  if (trees.length === 0) return;
  const input = function* () {
    for (const { entries } of trees) {
      const parts: Buffer[] = [];
      for (const { mode, name, oid } of entries) {
        const type = isDirectoryMode(mode) ? 'tree' : mode === '160000' ? 'commit' : 'blob';
        parts.push(Buffer.from(`${mode} ${type} ${oid}\t`), name, Buffer.from([0]));
      }
      parts.push(Buffer.from([0]));
      yield Buffer.concat(parts);
    }
  };
  const { stdout } = await git.run(['mktree', '-z', '--missing', '--batch'], {
    gitDir,
    input: input(),
    timeoutMs: 300_000,
  });
  const written = stdout
    .toString('latin1')
    .split('\n')
    .filter((line) => line !== '');
  const wrong = trees.find(({ oid }, i) => written[i] !== oid);
  if (wrong !== undefined || written.length !== trees.length) {
    throw new GatehouseError(
      'git.refused',
      `Git stored another tree than ${wrong?.oid ?? 'was asked for'}; its entries are not well-formed.`,
    );
  }
};
