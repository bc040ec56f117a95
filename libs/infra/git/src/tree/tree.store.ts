import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner } from '../git.runner.js';
import { withDialogue, type ObjectDialogue } from '../object.dialogue.js';
import { writeObjects } from '../object.writer.js';
import { emptyTree } from '../git.environment.js';
import { isObjectId } from '../ref.name.js';
import type { LoadTree, NewTree } from './tree.editor.js';
import { formatTree, isDirectoryMode, parseTree, type RawEntry } from './tree.format.js';

/** Largest tree object that is read: about a million entries in one directory. */
const maxTreeBytes = 64 << 20;

/**
 * Lets `work` read trees, each once, and closes what that needs. `root` is a commit or a tree; `work` gets the tree.
 * @throws GatehouseError `git.refused` where a tree is not here
 */
export const withTrees = <T>(
  git: GitRunner,
  gitDir: string,
  root: string,
  work: (load: LoadTree, tree: string) => Promise<T>,
): Promise<T> =>
  withDialogue(git, gitDir, async (dialogue) => {
    const known = new Map<string, readonly RawEntry[]>([[emptyTree, []]]);
    const tree = await readRoot(dialogue, root);
    const load: LoadTree = async (oid) => {
      const seen = known.get(oid);
      if (seen !== undefined) return seen;
      const object = await dialogue.read(oid, maxTreeBytes);
      if (object?.type !== 'tree')
        throw new GatehouseError('git.refused', `${oid} is not a tree that is present here.`, {
          details: { oid },
        });
      const entries = parseTree(object.content);
      known.set(oid, entries);
      return entries;
    };
    return work(load, tree);
  });

const readRoot = async (dialogue: ObjectDialogue, root: string): Promise<string> => {
  if (root === emptyTree) return root;
  const object = await dialogue.read(root, maxTreeBytes);
  if (object?.type === 'tree') return root;
  const tree = object?.type === 'commit' ? object.content.toString('latin1', 5, 45) : '';
  if (!isObjectId(tree))
    throw new GatehouseError('git.refused', `${root} is not a commit or tree that is present here.`, {
      details: { oid: root },
    });
  return tree;
};

/**
 * The tree of a commit or tree.
 * @throws GatehouseError `git.refused` where it is not here
 */
export const treeOf = (git: GitRunner, gitDir: string, root: string): Promise<string> =>
  withDialogue(git, gitDir, (dialogue) => readRoot(dialogue, root));

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

/** Stores trees in a repository that is ours alone. */
export const writeTrees = (gitDir: string, trees: readonly NewTree[]): Promise<void> =>
  writeObjects(
    gitDir,
    trees.map(({ entries }) => ({ type: 'tree', content: formatTree(entries) })),
  );
