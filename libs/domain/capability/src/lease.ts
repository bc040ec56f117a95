import {
  durationMs,
  type CapabilityKind,
  type JobSpec,
  type RunLimits,
  type Worker,
} from '@gatehouse/contracts';

const mebibyte = 1024 * 1024;

/** The first wanted kind that the worker offers. */
export const chooseKind = (
  wanted: readonly CapabilityKind[],
  offered: readonly Pick<Worker['sandboxes'][number], 'kind'>[],
): CapabilityKind | undefined => wanted.find((kind) => offered.some((offer) => offer.kind === kind));

/** Bounds of one run, from what the job asked for; policy has capped the time already. */
export const limitsOf = (spec: JobSpec['spec'], executionMinutes: number): RunLimits => ({
  executionMs: Math.min(durationMs(spec.limits.execution), executionMinutes * 60_000),
  memoryBytes: spec.limits.memoryMiB * mebibyte,
  cpus: spec.limits.cpus,
  pids: spec.limits.pids,
  tmpBytes: 512 * mebibyte,
  workspaceBytes: 4096 * mebibyte,
  outputBytes: 16 * mebibyte,
  harvestEntries: 100_000,
  harvestBytes: 1024 * mebibyte,
});
