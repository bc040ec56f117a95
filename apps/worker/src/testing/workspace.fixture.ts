import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packTree } from '@gatehouse/git';
import type { SandboxGuard } from '../lease/guarded.sandbox.js';
import { harvest, type HarvestAnswer } from '../workspace/harvest.js';
import { materialise, receiveBase, type BaseEntries } from '../workspace/materialise.js';
import { WorkspaceReader } from '../workspace/workspace.reader.js';
import { gitIn, limits, type Bench, type Origin } from './bench.fixture.js';

/** A lease that never ends. */
export const endless: SandboxGuard = {
  signal: new AbortController().signal,
  stop: undefined,
  onRenewed: () => () => undefined,
  msUntilDead: 600_000,
};

/** A workspace as an agent finds it, and what harvest holds it against. */
export interface Laid {
  readonly origin: Origin;
  readonly scratch: string;
  readonly bareDir: string;
  readonly workspace: string;
  readonly entries: BaseEntries;
}

export const layOut = async (bench: Bench, origin: Origin, ref = 'main'): Promise<Laid> => {
  const scratch = mkdtempSync(join(bench.root, 'laid-'));
  const bareDir = join(scratch, 'base.git');
  const workspace = join(scratch, 'workspace');
  const base = { commit: origin.commit, tree: origin.tree, ref };
  await receiveBase(
    bench.git,
    bareDir,
    base,
    packTree(bench.git, join(origin.dir, '.git'), origin.commit).stdout,
  );
  const entries = await materialise(bench.git, bareDir, base, workspace, { blobBytes: 1 << 30 });
  return { origin, scratch, bareDir, workspace, entries };
};

export const harvestOf = async (
  bench: Bench,
  { origin, scratch, bareDir, workspace, entries }: Laid,
  bounds: Partial<typeof limits> = {},
): Promise<HarvestAnswer> => {
  const its = { ...limits, ...bounds };
  const { sandbox, git } = bench;
  const reader = await WorkspaceReader.open({
    sandbox,
    keeper: endless,
    leaseId: `harvest-${scratch.slice(-6)}`,
    workspace,
    image: null,
    base: entries,
    limits: its,
  });
  try {
    return await harvest({
      git,
      bareDir,
      scratch: mkdtempSync(join(scratch, 'h-')),
      base: origin,
      entries,
      reader,
      limits: its,
    });
  } finally {
    await reader.close();
  }
};

/**
 * The tree that plain git makes of a workspace, with everything off that could change a byte: what harvest has to
 * agree with. `ignored` leaves out what .gitignore names.
 */
export const treeByGit = ({ origin, scratch, workspace }: Laid, ignored = false): string => {
  const copy = mkdtempSync(join(scratch, 'copy-'));
  // Not by Node, which would change names that are not UTF-8.
  execFileSync('cp', ['-a', `${workspace}/.`, copy]);
  rmSync(join(copy, '.git'), { recursive: true, force: true });
  const gitDir = mkdtempSync(join(scratch, 'git-'));
  gitIn(gitDir, ['init', '-q', '--bare', gitDir]);
  mkdirSync(join(gitDir, 'info'), { recursive: true });
  writeFileSync(join(gitDir, 'info/attributes'), '* -text -filter -ident -working-tree-encoding\n');
  writeFileSync(join(gitDir, 'objects/info/alternates'), `${join(origin.dir, '.git/objects')}\n`);
  const run = (...args: string[]): string =>
    gitIn(copy, [`--git-dir=${gitDir}`, `--work-tree=${copy}`, '-c', 'core.bare=false', ...args]);
  run('read-tree', origin.tree);
  run('add', '-A', ...(ignored ? [] : ['-f']));
  return run('write-tree');
};
