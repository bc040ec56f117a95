import { GatehouseError } from '@gatehouse/contracts';
import type { GitRunner } from '../git.runner.js';
import { isObjectId } from '../ref.name.js';

/**
 * The patch from one tree (or commit) to another: binary, full object ids, no renames, the same bytes every time.
 * No attribute, external diff or text conversion has a say.
 * @throws GatehouseError `git.refused` where it is larger than `maxBytes` (default 64 MiB)
 */
export const diffPatch = async (
  git: GitRunner,
  gitDir: string,
  before: string,
  after: string,
  limits: { readonly maxBytes?: number } = {},
): Promise<Buffer> => {
  for (const oid of [before, after]) {
    if (!isObjectId(oid))
      throw new GatehouseError('git.refused', `${JSON.stringify(oid.slice(0, 60))} is not a full object id.`);
  }
  const { stdout } = await git.run(
    [
      'diff-tree',
      '-r',
      '-p',
      '--binary',
      '--full-index',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      '--no-color',
      '--no-relative',
      '--ignore-submodules=none',
      '--submodule=short',
      '--diff-algorithm=myers',
      '--no-indent-heuristic',
      '--unified=3',
      '--inter-hunk-context=0',
      '--src-prefix=a/',
      '--dst-prefix=b/',
      '-O/dev/null',
      before,
      after,
      '--',
    ],
    {
      gitDir,
      timeoutMs: 300_000,
      maxOutputBytes: limits.maxBytes ?? 64 << 20,
      config: [['core.compression', '6']],
    },
  );
  return stdout;
};
