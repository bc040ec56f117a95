import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { layOutBare } from './bare.repository.js';
import type { GitRunner } from './git.runner.js';
import { nulRecords } from './record.stream.js';
import { pathFault } from './patch/patch.name.js';

/** A `.gitignore` of the base: a regular file's bytes, never a link's. */
export interface IgnoreFile {
  readonly path: Buffer;
  readonly content: Uint8Array;
}

export interface IgnoredPath {
  readonly path: Buffer;
  /** The file, line and pattern that ignore it. */
  readonly source: Buffer;
  readonly line: number;
  readonly pattern: Buffer;
}

/**
 * Which of these untracked paths the given `.gitignore` files ignore. Git answers, over a directory of ours that
 * holds nothing but those files, so the workspace's own ignore files, index and excludes have no say.
 *
 * @param root directory of ours for the temporary files
 * @param paths files and links, as bytes, relative to the root of the tree
 * @throws GatehouseError `git.refused` for a path that can be in no tree
 */
export const checkIgnored = async (
  git: GitRunner,
  root: string,
  files: readonly IgnoreFile[],
  paths: readonly Buffer[],
): Promise<IgnoredPath[]> => {
  if (files.length === 0 || paths.length === 0) return [];
  for (const path of [...files.map((file) => file.path), ...paths]) {
    const fault = pathFault(path.toString('latin1'));
    if (fault !== undefined)
      throw new GatehouseError(
        'git.refused',
        `The path ${JSON.stringify(path.toString('utf8'))} is refused: ${fault}.`,
      );
  }
  await mkdir(root, { recursive: true, mode: 0o700 });
  const dir = await mkdtemp(join(root, 'ignore-'));
  try {
    const gitDir = join(dir, 'git');
    const workTree = join(dir, 'tree');
    await mkdir(workTree);
    await layOutBare(gitDir);
    for (const { path, content } of files) {
      const target = Buffer.concat([Buffer.from(`${workTree}/`), path]);
      const slash = target.lastIndexOf(0x2f);
      if (target.toString('latin1', slash + 1) !== '.gitignore')
        throw new GatehouseError(
          'git.refused',
          `${JSON.stringify(path.toString('utf8'))} is not a .gitignore file.`,
        );
      await mkdir(target.subarray(0, slash), { recursive: true });
      await writeFile(target, content, { flag: 'wx' });
    }
    return await ask(git, gitDir, workTree, paths);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};

const ask = async (
  git: GitRunner,
  gitDir: string,
  workTree: string,
  paths: readonly Buffer[],
): Promise<IgnoredPath[]> => {
  const nul = Buffer.from([0]);
  // check-ignore takes no literal pathspecs; behind `./` no name can begin with pathspec magic.
  const here = Buffer.from('./');
  const input = function* () {
    for (let i = 0; i < paths.length; i += 1000)
      yield Buffer.concat(paths.slice(i, i + 1000).flatMap((path) => [here, path, nul]));
  };
  const running = git.stream(
    [`--work-tree=${workTree}`, 'check-ignore', '--no-index', '--stdin', '-z', '-v'],
    {
      gitDir,
      input: input(),
      env: { GIT_LITERAL_PATHSPECS: '0' },
      accept: [0, 1],
      timeoutMs: 300_000,
      maxOutputBytes: 1 << 30,
    },
  );
  const ignored: IgnoredPath[] = [];
  let fields: Buffer[] = [];
  for await (const record of nulRecords(running.stdout)) {
    fields.push(Buffer.from(record));
    if (fields.length < 4) continue;
    const [source, line, pattern, path] = fields as [Buffer, Buffer, Buffer, Buffer];
    fields = [];
    // A pattern that begins with ! takes a path back out of what was ignored.
    if (pattern[0] !== 0x21)
      ignored.push({ path: path.subarray(here.length), source, line: Number(line.toString()), pattern });
  }
  await running.done;
  return ignored;
};
