import type { Sandbox, SandboxHandle, SandboxResult, SandboxRun } from '@gatehouse/sandbox';
import type { LeaseKeeper } from './lease.keeper.js';

/** What a sandbox needs of the keeper of its lease. */
export type SandboxGuard = Pick<LeaseKeeper, 'signal' | 'stop' | 'onRenewed' | 'msUntilDead'>;

export interface GuardedRun {
  readonly handle: SandboxHandle;
  /** Settles when every process is seen to be dead. */
  readonly done: Promise<SandboxResult>;
}

/**
 * Starts a sandbox that lives no longer than the lease: the dead-man deadline moves with every accepted renewal,
 * and the end of the work ends it. There is no other way to start one in this process.
 */
export const startGuarded = async (
  sandbox: Sandbox,
  keeper: SandboxGuard,
  run: Omit<SandboxRun, 'deadlineMs' | 'network'>,
): Promise<GuardedRun> => {
  keeper.signal.throwIfAborted();
  const handle = await sandbox.start({
    ...run,
    network: 'none',
    deadlineMs: Math.max(1, keeper.msUntilDead),
  });
  const forget = keeper.onRenewed((msLeft) => handle.renew(Math.max(1, msLeft)));
  const end = (): void =>
    void handle.cancel(keeper.stop?.message ?? 'the work was ended').catch(() => undefined);
  keeper.signal.addEventListener('abort', end);
  // A renewal or an end that came while the sandbox was being set up found nobody to tell.
  if (keeper.signal.aborted) end();
  else handle.renew(Math.max(1, keeper.msUntilDead));
  const done = handle.done.finally(() => {
    forget();
    keeper.signal.removeEventListener('abort', end);
  });
  done.catch(() => undefined);
  return { handle, done };
};
