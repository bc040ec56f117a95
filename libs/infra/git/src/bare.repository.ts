import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';

const configFor = (isShared: boolean): string => `[core]
\trepositoryformatversion = 0
\tbare = true
\tlogAllRefUpdates = false
${isShared ? '\tsharedRepository = group\n' : ''}[gc]
\tauto = 0
[maintenance]
\tauto = false
`;

/** Other processes may be reading: the file is never seen half written, and left alone where it is right. */
const put = async (path: string, text: string): Promise<void> => {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) return;
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(draft, text);
  await rename(draft, path);
};

/** Several users share what lies in a folder that hands its group on; only whoever makes a folder can set its mode. */
const makeFolder = async (path: string, isShared: boolean): Promise<void> => {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  if (isShared) await chmod(path, 0o2770);
};

/**
 * Lays out an empty bare repository, as `git init --bare` would without templates, or brings an existing one
 * back to our configuration. Written by hand: it costs no process, and no template can add a hook.
 *
 * @param borrowFrom git directory whose objects are visible here without being copied
 */
export const layOutBare = async (gitDir: string, borrowFrom?: string): Promise<void> => {
  // Git reads an alternates line up to its newline and takes a leading quote or # for syntax.
  if (borrowFrom !== undefined && /[\n"#]/.test(borrowFrom)) {
    throw new GatehouseError(
      'git.failed',
      `The data directory ${JSON.stringify(borrowFrom)} has a name git cannot borrow objects from; choose one without quotes, # or newlines.`,
    );
  }
  const isShared = borrowFrom === undefined && ((await stat(dirname(gitDir))).mode & 0o2000) !== 0;
  for (const part of [
    '',
    'objects',
    'objects/info',
    'objects/pack',
    'refs',
    'refs/heads',
    'refs/tags',
    'info',
  ])
    await makeFolder(join(gitDir, part), isShared);
  await put(join(gitDir, 'config'), configFor(isShared));
  // A mirror's HEAD names no branch of anyone: neither attributes nor a "current branch" come from it.
  // A quarantine has no branches at all, and fsck wants HEAD among them.
  await put(
    join(gitDir, 'HEAD'),
    `ref: ${borrowFrom === undefined ? 'refs/gatehouse/none' : 'refs/heads/none'}\n`,
  );
  if (borrowFrom !== undefined) await put(join(gitDir, 'objects/info/alternates'), `${borrowFrom}/objects\n`);
};
