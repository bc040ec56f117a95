import { z } from 'zod';
import { idOf, Instant, Name } from './id.js';
import { stateTable } from './state.js';
import { text } from './text.js';

/** What can run an attempt today; `remote_worker` and the rest of the glossary come later. */
export const CapabilityKind = z.enum(['docker_sandbox', 'process_sandbox']).meta({ id: 'CapabilityKind' });
export type CapabilityKind = z.infer<typeof CapabilityKind>;

/** `agent` workers make patches, `validator` workers run commands on them; never the same worker. */
export const TrustZone = z.enum(['agent', 'validator']).meta({ id: 'TrustZone' });
export type TrustZone = z.infer<typeof TrustZone>;

export const capabilityStates = stateTable({
  initial: 'registering',
  states: {
    registering: { summary: 'Known, not yet usable', to: ['ready', 'down'] },
    ready: { summary: 'Takes leases', to: ['draining', 'cordoned', 'disconnected', 'down'] },
    draining: { summary: 'Finishes what it has, takes nothing new', to: ['ready', 'disconnected', 'down'] },
    cordoned: { summary: 'Kept from new leases by an operator', to: ['ready', 'disconnected', 'down'] },
    disconnected: { summary: 'Has not been heard of in time', to: ['ready', 'down'] },
    down: { summary: 'Gone', to: ['registering'] },
  },
});
export type CapabilityState = keyof typeof capabilityStates.states;

export const leaseStates = stateTable({
  initial: 'active',
  states: {
    active: { summary: 'Held by a worker', to: ['released', 'expired', 'revoked'] },
    released: { summary: 'Given back with a result', to: [] },
    expired: { summary: 'Not renewed in time', to: [] },
    revoked: { summary: 'Taken away by the plane', to: [] },
  },
});
export type LeaseState = keyof typeof leaseStates.states;

export const SandboxOffer = z.object({
  kind: CapabilityKind,
  mode: text(40).describe('How it isolates: uid, bubblewrap, unshare, docker, unisolated'),
  detail: text(400),
});

/** What a job's `requires.labels` is held against. */
export const WorkerLabels = z
  .record(
    z
      .string()
      .max(63)
      .regex(/^[a-z0-9](?:[a-z0-9._/-]*[a-z0-9])?$/, 'lower case letters, digits and . _ / - in between'),
    text(200),
  )
  .refine((labels) => Object.keys(labels).length <= 50, 'at most 50 labels')
  .meta({ id: 'WorkerLabels' });
export type WorkerLabels = z.infer<typeof WorkerLabels>;

export const ChangeWorker = z
  .strictObject({
    state: z.enum(['ready', 'draining', 'cordoned']).optional(),
    labels: WorkerLabels.optional().describe(
      'Takes the place of all labels; what the plane knows itself stays',
    ),
  })
  .refine(({ state, labels }) => state !== undefined || labels !== undefined, 'name state, labels or both')
  .meta({ id: 'ChangeWorker' });
export type ChangeWorker = z.infer<typeof ChangeWorker>;

export const Worker = z
  .object({
    id: idOf('worker'),
    name: Name,
    zone: TrustZone,
    state: z.enum(['registering', 'ready', 'draining', 'cordoned', 'disconnected', 'down']),
    sandboxes: z.array(SandboxOffer),
    isolated: z.boolean().describe('False where GATEHOUSE_ALLOW_UNISOLATED made it run without isolation'),
    labels: z.record(z.string(), z.string()).describe('Set by operators and the plane, never by the worker'),
    version: z.string(),
    lastSeenAt: Instant,
    registeredAt: Instant,
    activeLeases: z.number().int(),
  })
  .meta({ id: 'Worker' });
export type Worker = z.infer<typeof Worker>;
