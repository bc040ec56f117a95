import { GatehouseError, type RegisterWorker } from '@gatehouse/contracts';
import { createSandbox, type Sandbox, type SandboxKind, type SandboxOptions } from '@gatehouse/sandbox';
import type { Logger } from 'pino';

const kinds: readonly SandboxKind[] = ['docker_sandbox', 'process_sandbox'];

/** Every sandbox that works here, tried for real; why the others do not is logged with the fix. */
export const findSandboxes = async (
  options: SandboxOptions,
  log: Logger,
): Promise<ReadonlyMap<SandboxKind, Sandbox>> => {
  const found = new Map<SandboxKind, Sandbox>();
  for (const kind of kinds) {
    try {
      found.set(kind, await createSandbox(kind, options));
    } catch (error) {
      if (!(error instanceof GatehouseError)) throw error;
      log.info({ kind, reason: error.message }, 'this kind of sandbox does not work here');
    }
  }
  if (found.size === 0)
    log.error(
      'no isolation works on this machine: nothing will be run here; gatehouse doctor says what to do',
    );
  for (const { mode } of found.values()) {
    if (mode === 'unisolated')
      log.error('agents run WITHOUT isolation, because GATEHOUSE_ALLOW_UNISOLATED=1');
  }
  return found;
};

export const offersOf = (sandboxes: ReadonlyMap<SandboxKind, Sandbox>): RegisterWorker['sandboxes'] =>
  [...sandboxes.values()].map(({ kind, mode, detail }) => ({ kind, mode, detail: detail.slice(0, 400) }));
