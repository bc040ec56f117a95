import { describe, expect, it } from '@jest/globals';
import { whyWaits, type KnownWorker } from './waiting.js';

const worker = (given: Partial<KnownWorker> = {}): KnownWorker => ({
  name: 'w1',
  state: 'ready',
  sandboxes: [{ kind: 'process_sandbox', mode: 'uid', detail: '' }],
  labels: {},
  ...given,
});
const wanted = { purpose: 'agent', wantedKinds: ['process_sandbox'], wantedLabels: {} } as const;
const why = (want: Parameters<typeof whyWaits>[0], ...workers: KnownWorker[]): string | undefined =>
  whyWaits(want, workers)?.message;

describe('why an attempt waits', () => {
  it('is not asked where a worker that is there can take it', () => {
    expect(why(wanted, worker())).toBeUndefined();
    expect(why(wanted, worker({ state: 'cordoned' }), worker())).toBeUndefined();
  });

  it('names the zone where nobody is there', () => {
    expect(why(wanted)).toMatch(/^No worker of zone agent is connected\./);
    expect(why({ ...wanted, purpose: 'validate' }, worker({ state: 'disconnected' }))).toMatch(
      /zone validator/,
    );
  });

  it('names the kind that nobody offers, and what is offered', () => {
    expect(why({ ...wanted, wantedKinds: ['docker_sandbox'] }, worker())).toMatch(
      /offers docker_sandbox; they offer process_sandbox\./,
    );
    expect(why({ ...wanted, wantedKinds: [] }, worker({ sandboxes: [] }))).toMatch(
      /offers any sandbox that policy allows; they offer none\./,
    );
  });

  it('names the labels that nobody has, held to the value', () => {
    const labelled = { ...wanted, wantedLabels: { gpu: 'yes' } };
    expect(why(labelled, worker({ labels: { gpu: 'no' } }))).toMatch(/has the labels gpu=yes\./);
    expect(why({ ...wanted, wantedLabels: { constructor: 'x' } }, worker())).toMatch(/constructor=x/);
    expect(why(labelled, worker({ labels: { gpu: 'yes' } }))).toBeUndefined();
  });

  it('names those who could and are kept from work', () => {
    expect(why(wanted, worker({ state: 'draining' }))).toMatch(/w1 is draining/);
  });
});
