import { join } from 'node:path';
import { TreePatcher, type TreeStep } from '../workspace/tree.patcher.js';
import type { Variant } from './changed.entry.js';
import { copyFolder, removeFolder } from './scratch.folder.js';

/** Lays out a workspace for every run: what setup made of the base, brought to the tree that the run is to see. */
export class FreshWorkspaces {
  private made = 0;

  constructor(
    private readonly scratch: string,
    private readonly prepared: string,
  ) {}

  /**
   * Runs `use` in a workspace of its own. The last of all may have the original: nothing that a run leaves is ever
   * seen again, and each copy costs what the workspace weighs where the file system cannot share blocks.
   */
  async with<Answer>(
    variant: Variant,
    use: (folder: string) => Promise<Answer>,
    { last = false, without = [] }: { last?: boolean; without?: readonly string[] } = {},
  ): Promise<Answer> {
    const folder = last ? this.prepared : join(this.scratch, `workspace-${++this.made}`);
    if (!last) await copyFolder(this.prepared, folder);
    const gone = without.map((path): TreeStep => ({ path, entry: null }));
    for (const steps of [...variant, gone]) new TreePatcher(folder).apply(steps);
    const answer = await use(folder);
    await removeFolder(folder);
    return answer;
  }
}
