import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner } from '../git.runner.js';
import { isObjectId } from '../ref.name.js';
import { editTree, type PathChange, type PathTwins } from './tree.editor.js';
import { withTrees, writeTrees } from './tree.store.js';

/** What a harvest found at one path, compared with the base. */
export type HarvestedPath =
  | { readonly path: Buffer; readonly deleted: true }
  /** An object that is there already: an unchanged file with a new mode, or a gitlink. */
  | { readonly path: Buffer; readonly mode: string; readonly oid: string }
  | { readonly path: Buffer; readonly mode: string; readonly content: Uint8Array }
  /** A stream must give exactly `size` bytes. */
  | {
      readonly path: Buffer;
      readonly mode: string;
      readonly size: number;
      readonly stream: AsyncIterable<Uint8Array>;
    };

export type BuildAnswer =
  | { readonly ok: true; readonly tree: string; readonly twins: readonly PathTwins[] }
  | {
      readonly ok: false;
      readonly reason: 'tree.path_conflict';
      readonly path: Buffer;
      readonly detail: string;
    };

const modes = ['100644', '100755', '120000', '160000'];

/**
 * The tree that a base becomes by what was found in a workspace. Bytes are stored as they are: no filter, line
 * ending, attribute or index flag of the workspace has a say, since no index and no work tree is involved.
 *
 * @param gitDir where the base is and the new objects go
 * @param base commit or tree; `emptyTree` for a repository without one
 * @throws GatehouseError `git.refused` for a mode or id that git does not store, or a stream of another length
 */
export const buildTree = async (
  git: GitRunner,
  gitDir: string,
  base: string,
  found: AsyncIterable<HarvestedPath> | Iterable<HarvestedPath>,
): Promise<BuildAnswer> => {
  if (!isObjectId(base))
    throw new GatehouseError('git.refused', `${JSON.stringify(base.slice(0, 60))} is not a full object id.`);
  const changes: (PathChange | { readonly path: Buffer; readonly mode: string; readonly mark: number })[] =
    [];
  let marks = 0;
  let fault: GatehouseError | undefined;
  const refuse = (path: Buffer, why: string): never => {
    fault = new GatehouseError('git.refused', `${JSON.stringify(path.toString('utf8'))}: ${why}`);
    throw fault;
  };
  const input = async function* (): AsyncGenerator<Uint8Array> {
    for await (const item of found) {
      const { path } = item;
      if ('deleted' in item) {
        changes.push({ path, entry: undefined });
        continue;
      }
      if (!modes.includes(item.mode)) refuse(path, `the mode ${item.mode} is none that git stores.`);
      if ('oid' in item) {
        if (!isObjectId(item.oid)) refuse(path, 'it has no full object id.');
        changes.push({ path, entry: { mode: item.mode, oid: item.oid } });
        continue;
      }
      if (item.mode === '160000') refuse(path, 'a submodule is named by a commit id, not by content.');
      const size = 'size' in item ? item.size : item.content.length;
      yield Buffer.from(`blob\nmark :${++marks}\ndata ${size}\n`);
      if ('content' in item) yield item.content;
      else {
        let sent = 0;
        for await (const chunk of item.stream) {
          sent += chunk.length;
          if (sent > size) refuse(path, `it has more than the ${size} bytes that were announced.`);
          yield chunk;
        }
        if (sent !== size) refuse(path, `it has ${sent} bytes, but ${size} were announced.`);
      }
      yield Buffer.from(`\nget-mark :${marks}\n`);
      changes.push({ path, mode: item.mode, mark: marks });
    }
    yield Buffer.from('done\n');
  };
  const stored = await git
    .run(['fast-import', '--quiet', '--done', '--date-format=raw'], {
      gitDir,
      input: input(),
      timeoutMs: 600_000,
    })
    .catch((error: unknown) => {
      throw fault ?? error;
    });
  const oids = stored.stdout.toString('latin1').split('\n');
  const resolved = changes.map((change) =>
    'mark' in change
      ? { path: change.path, entry: { mode: change.mode, oid: oids[change.mark - 1] ?? '' } }
      : change,
  );
  if (resolved.some(({ entry }) => entry !== undefined && !isObjectId(entry.oid)))
    throw new GatehouseError('git.failed', 'git fast-import did not name everything it stored.');
  return withTrees(git, gitDir, base, async (load, tree) => {
    const edited = await editTree(load, tree, resolved);
    if (!edited.ok)
      return { ok: false, reason: 'tree.path_conflict', path: edited.path, detail: edited.detail };
    await writeTrees(gitDir, edited.trees);
    return { ok: true, tree: edited.tree, twins: edited.twins };
  });
};
