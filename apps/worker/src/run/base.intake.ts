import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { receiveBase, type Base, type BaseEntries } from '../workspace/materialise.js';
import type { RunContext } from './run.context.js';
import { removeFolder } from './scratch.folder.js';

/** A pack whose line broke is fetched again this often before the attempt is given back. */
const tries = 3;

/**
 * Fetches the base of a lease and lays it out by `layOut`; a lease without a base gets an empty workspace.
 * @throws GatehouseError where the plane or git fails for good
 */
export const receive = async (
  { grant, calls, keeper, git, scratch, log }: RunContext,
  bareDir: string,
  layOut: (base: Base) => Promise<BaseEntries>,
): Promise<BaseEntries> => {
  const { base } = grant;
  if (base === null) {
    await mkdir(join(scratch, 'workspace'), { mode: 0o755 });
    return new Map();
  }
  for (let left = tries; ; left--) {
    const pack = await keeper.insist((signal) => calls.workspace(signal));
    try {
      // Packed it cannot well be larger than laid out.
      await receiveBase(git, bareDir, base, pack, { maxBytes: grant.limits.workspaceBytes });
      break;
    } catch (error) {
      keeper.signal.throwIfAborted();
      if (left === 1 || (error instanceof GatehouseError && error.fault === 'caller')) throw error;
      log.warn({ err: error }, 'the base did not arrive whole and is fetched again');
      await removeFolder(bareDir);
    }
  }
  keeper.signal.throwIfAborted();
  return layOut(base);
};
