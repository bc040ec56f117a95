import type {
  AttemptPurpose,
  CapabilityKind,
  CapabilityState,
  TrustZone,
  Worker,
} from '@gatehouse/contracts';
import { chooseKind, hasLabels } from './lease.js';

/** The zone whose workers run attempts of a purpose. */
export const zoneFor: Readonly<Record<AttemptPurpose, TrustZone>> = { agent: 'agent', validate: 'validator' };

export interface Wanted {
  readonly purpose: AttemptPurpose;
  readonly wantedKinds: readonly CapabilityKind[];
  readonly wantedLabels: Readonly<Record<string, string>>;
}

export interface KnownWorker {
  readonly name: string;
  readonly state: CapabilityState;
  readonly sandboxes: Worker['sandboxes'];
  readonly labels: Readonly<Record<string, string>>;
}

const list = (words: readonly string[], nothing: string): string =>
  words.length === 0 ? nothing : [...new Set(words)].sort().join(', ');
const until = 'The attempt waits until one comes, or until its time to start is over.';

/**
 * Why an attempt stays queued, as long as no worker of its zone could take it however long it waits; undefined where
 * one could and it only waits for its turn.
 */
export const whyWaits = (
  { purpose, wantedKinds, wantedLabels }: Wanted,
  workers: readonly KnownWorker[],
): { code: string; message: string } | undefined => {
  const zone = zoneFor[purpose];
  const there = workers.filter(({ state }) => state !== 'disconnected' && state !== 'down');
  const offering = there.filter(({ sandboxes }) => chooseKind(wantedKinds, sandboxes) !== undefined);
  const fitting = offering.filter(({ labels }) => hasLabels(wantedLabels, labels));
  if (fitting.some(({ state }) => state === 'ready')) return undefined;
  const kinds = wantedKinds.join(' or ');
  if (there.length === 0)
    return {
      code: 'attempt.no_worker',
      message: `No worker of zone ${zone} is connected. Start one, or see gatehouse doctor. ${until}`,
    };
  if (offering.length === 0)
    return {
      code: 'attempt.no_worker',
      message:
        `No connected worker of zone ${zone} offers ${kinds || 'any sandbox that policy allows'}; ` +
        `they offer ${list(
          there.flatMap(({ sandboxes }) => sandboxes.map(({ kind }) => kind)),
          'none',
        )}. See gatehouse worker list and gatehouse doctor. ${until}`,
    };
  if (fitting.length === 0)
    return {
      code: 'attempt.no_worker',
      message:
        `No connected worker of zone ${zone} that offers ${kinds} has the labels ` +
        `${list(
          Object.entries(wantedLabels).map(([name, value]) => `${name}=${value}`),
          '',
        )}. An operator sets them with gatehouse worker label. ${until}`,
    };
  return {
    code: 'attempt.no_worker',
    message:
      `Every worker that could run it takes no work now: ` +
      `${list(
        fitting.map(({ name, state }) => `${name} is ${state}`),
        '',
      )}. See gatehouse worker resume. ${until}`,
  };
};
