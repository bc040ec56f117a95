import { prepareData, type Installation } from '../installation.js';
import { takeLock } from '../supervisor/lock.js';
import { Supervisor } from '../supervisor/supervisor.js';

/** What became of a try to run the plane in this process. */
export type SuperviseOutcome =
  | { readonly kind: 'runs_already' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'ended' };

export interface SuperviseHooks {
  readonly onStep: (step: string) => void;
  /** The plane serves at this address. */
  readonly onReady: (url: string) => void;
}

/** Runs the plane in this process until SIGTERM or SIGINT; a second signal stops waiting for grace. */
export const supervise = async (
  installation: Installation,
  hooks: SuperviseHooks,
): Promise<SuperviseOutcome> => {
  prepareData(installation);
  const lock = await takeLock(installation.paths.lock);
  if (!lock.taken) return { kind: 'runs_already' };
  const supervisor = new Supervisor(installation, hooks.onStep);
  const asked = new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(name, () => resolve());
  });
  try {
    const booted = supervisor.start().then(
      () => ({ ok: true as const }),
      (error: unknown) => ({
        ok: false as const,
        reason: error instanceof Error ? error.message : String(error),
      }),
    );
    const first = await Promise.race([booted, asked.then(() => undefined)]);
    if (first?.ok === false) {
      await supervisor.stop(first.reason);
      return { kind: 'failed', reason: first.reason };
    }
    if (first?.ok === true) {
      hooks.onReady(supervisor.status.url ?? '');
      await asked;
    }
    await supervisor.stop();
    return { kind: 'ended' };
  } finally {
    lock.release();
  }
};
