import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';

const config = `[core]
\trepositoryformatversion = 0
\tbare = true
\tlogAllRefUpdates = false
[gc]
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
  for (const part of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info']) {
    await mkdir(join(gitDir, part), { recursive: true, mode: 0o700 });
  }
  await put(join(gitDir, 'config'), config);
  // A mirror's HEAD names no branch of anyone: neither attributes nor a "current branch" come from it.
  // A quarantine has no branches at all, and fsck wants HEAD among them.
  await put(
    join(gitDir, 'HEAD'),
    `ref: ${borrowFrom === undefined ? 'refs/gatehouse/none' : 'refs/heads/none'}\n`,
  );
  if (borrowFrom !== undefined) await put(join(gitDir, 'objects/info/alternates'), `${borrowFrom}/objects\n`);
};
