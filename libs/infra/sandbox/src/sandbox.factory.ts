import { GatehouseError } from '@gatehouse/contracts';
import { DockerSandbox } from './docker.sandbox.js';
import { probeDocker } from './docker.engine.js';
import type { Sandbox, SandboxKind } from './sandbox.contract.js';
import { probeProcess, processSandboxOf, stateDirOf, type SandboxOptions } from './sandbox.probe.js';
import type { ProcessMode } from './room.launch.js';

const refuse = (kind: SandboxKind, probes: readonly { detail: string; fix?: string }[]): never => {
  const reasons = probes.map((p) => p.detail).join('; ');
  const fix = [...new Set(probes.flatMap((p) => (p.fix ? [p.fix] : [])))].join(' Or: ');
  throw new GatehouseError('sandbox.unavailable', `No ${kind} works on this machine (${reasons}). ${fix}`, {
    details: { kind, fix },
  });
};

/**
 * The best sandbox of a kind that works here, tried for real. Throws `sandbox.unavailable` with the fix; never
 * falls back to less isolation unless an operator allowed that by name.
 */
export const createSandbox = async (kind: SandboxKind, options: SandboxOptions = {}): Promise<Sandbox> => {
  if (kind === 'docker_sandbox') {
    const probe = await probeDocker(options);
    return probe.available
      ? new DockerSandbox({ ...options, stateDir: stateDirOf(options) }, probe.detail)
      : refuse(kind, [probe]);
  }
  const probes = await probeProcess(options);
  const found = probes.find((p) => p.available);
  return found === undefined ? refuse(kind, probes) : processSandboxOf(found.mode as ProcessMode, options);
};
