import {
  durationMs,
  GatehouseError,
  type CapabilityKind,
  type JobSpec,
  type LeaseGrant,
  type RunLimits,
  type Worker,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import type { AttemptEntity, PlaneSettings, Reason, SessionEntity } from '@gatehouse/session';
import type { HeldLease, Offer } from './lease.repository.js';
import type { WorkerEntity } from './worker.entity.js';

/** A worker that waits for work, and the token by which it asked. */
export interface Seeker {
  readonly workerId: string;
  readonly tokenId: string | null;
}

/** What a claim brought: the grant is completed by whoever knows job, policy and candidate. */
export interface Granted {
  readonly seeker: Seeker;
  readonly lease: LeaseGrant['lease'];
  readonly kind: LeaseGrant['kind'];
  readonly attempt: AttemptEntity;
  readonly session: SessionEntity;
}

/** What one claim for many brought. */
export interface Claimed {
  readonly granted: readonly Granted[];
  /** Of those who wait: they may take work now. The others were drained, disabled or have gone. */
  readonly able: ReadonlySet<Seeker>;
}

/** A reason why this job must not run on this kind of sandbox any more; null where it may. */
export type Refuses = (change: Change, sessionId: string, kind: CapabilityKind) => Promise<Reason | null>;

export type LeaseClocks = Pick<LeaseGrant['lease'], 'ttlMs' | 'heartbeatMs' | 'fenceMs'>;

export const clocksOf = (settings: PlaneSettings['settings']): LeaseClocks => {
  const { GATEHOUSE_LEASE_TTL: ttlMs, GATEHOUSE_LEASE_HEARTBEAT, GATEHOUSE_LEASE_MARGIN } = settings;
  return {
    ttlMs,
    heartbeatMs: Math.min(GATEHOUSE_LEASE_HEARTBEAT, Math.floor(ttlMs / 3)),
    fenceMs: ttlMs - Math.min(GATEHOUSE_LEASE_MARGIN, Math.floor(ttlMs / 3)),
  };
};

const mebibyte = 1024 * 1024;

/** Throws what a holder that writes under this generation must be told. */
export const checkLease = (lease: HeldLease, generation: number): void => {
  if (generation !== lease.generation)
    throw new GatehouseError(
      'lease.fenced',
      `This lease has generation ${lease.generation}, not ${generation}.`,
    );
  if (lease.barred)
    throw new GatehouseError(
      'lease.gone',
      `The worker of lease ${lease.id} was disabled or its token revoked; its attempt goes to another.`,
    );
  if (lease.state !== 'active' || lease.expired)
    throw new GatehouseError(
      'lease.gone',
      `Lease ${lease.id} is ${lease.state === 'active' ? 'expired' : lease.state}.`,
    );
};

const zonePurpose = { agent: 'agent', validator: 'validate' } as const;

/** What this worker can run, in a form that is equal for workers that are alike. */
export const offerOf = ({
  zone,
  sandboxes,
  labels,
}: Pick<WorkerEntity, 'zone' | 'sandboxes' | 'labels'>): Offer => ({
  purpose: zonePurpose[zone],
  kinds: [...new Set(sandboxes.map(({ kind }) => kind))].sort(),
  labels: Object.fromEntries(Object.entries(labels).sort()),
});

/** The first wanted kind that the worker offers. */
export const chooseKind = (
  wanted: readonly CapabilityKind[],
  offered: readonly Pick<Worker['sandboxes'][number], 'kind'>[],
): CapabilityKind | undefined => wanted.find((kind) => offered.some((offer) => offer.kind === kind));

/** True where the worker has every label that is wanted, with that value. */
export const hasLabels = (
  wanted: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean =>
  Object.entries(wanted).every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value);

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

/** What looks at an attempt that is over. */
export const taskAfter = ({
  purpose,
  stack,
}: Pick<AttemptEntity, 'purpose' | 'stack'>): 'candidate.assess' | 'candidate.conclude' | 'lane.probed' =>
  purpose === 'agent' ? 'candidate.assess' : stack === null ? 'candidate.conclude' : 'lane.probed';
