import { constants } from 'node:fs';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GitRunner } from '@gatehouse/git';

/** Time stamps and sizes only: owner and inode look different from inside a sandbox. */
const config = `[core]
\trepositoryformatversion = 0
\tbare = false
\tfileMode = true
\tlogAllRefUpdates = true
\tautocrlf = false
\tcheckStat = minimal
\ttrustctime = false
[user]
\tname = agent
\temail = agent@sandbox.invalid
[gc]
\tauto = 0
[maintenance]
\tauto = false
`;

const plainRef = /^[A-Za-z0-9][A-Za-z0-9._+-]*(?:\/[A-Za-z0-9][A-Za-z0-9._+-]*)*$/;

/** The branch an agent finds itself on: the one the base came from, or `work` where it came from none. */
export const branchName = (ref: string): string => {
  const name = ref.replace(/^refs\/heads\//, '');
  const odd = !plainRef.test(name) || name.length > 200 || /\.\.|\.lock(?:\/|$)|\.(?:\/|$)/.test(name);
  return odd || name === 'HEAD' || name.startsWith('refs/') || /^[0-9a-f]{40,64}$/.test(name) ? 'work' : name;
};

/**
 * Lays a throwaway `.git` into a workspace: agents expect one. It holds the base commit alone, on one branch,
 * with no remote, hook or anything of this machine, and shares no file with the repository that harvest trusts:
 * objects are copied, never linked. Harvest does not look at it.
 */
export const layOutDotGit = async (
  git: GitRunner,
  bareDir: string,
  workspace: string,
  base: { readonly commit: string; readonly ref: string },
): Promise<void> => {
  const gitDir = join(workspace, '.git');
  const branch = branchName(base.ref);
  const head = join(gitDir, 'refs/heads', branch);
  for (const folder of ['objects/info', 'objects/pack', 'refs/tags', 'info']) {
    await mkdir(join(gitDir, folder), { recursive: true, mode: 0o755 });
  }
  await mkdir(dirname(head), { recursive: true, mode: 0o755 });
  for (const name of await readdir(join(bareDir, 'objects/pack'))) {
    // Copy-on-write where the file system can: the sandbox must not reach the original through a shared inode.
    await copyFile(
      join(bareDir, 'objects/pack', name),
      join(gitDir, 'objects/pack', name),
      constants.COPYFILE_FICLONE,
    );
  }
  await writeFile(join(gitDir, 'config'), config);
  await writeFile(join(gitDir, 'shallow'), `${base.commit}\n`);
  await writeFile(head, `${base.commit}\n`);
  await writeFile(join(gitDir, 'HEAD'), `ref: refs/heads/${branch}\n`);
  const options = { gitDir, timeoutMs: 300_000 };
  await git.run([`--work-tree=${workspace}`, 'read-tree', base.commit], options);
  // Exit 1 says that a file differs from its blob by its own attributes, as in any clone of such a repository.
  await git.run([`--work-tree=${workspace}`, 'update-index', '-q', '--refresh'], {
    ...options,
    accept: [0, 1],
  });
};
