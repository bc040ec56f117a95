import { describe, expect, it } from '@jest/globals';
import { Changes } from './change.js';
import type { NewEvent } from './ledger.js';
import type { LedgerRepository } from './ledger.repository.js';
import type { LedgerService } from './ledger.service.js';

describe('a change', () => {
  it('raises fences in the order of streams, and refuses a payload that is not what contracts say', async () => {
    const appended: NewEvent[] = [];
    const fences: unknown[] = [];
    const ledger = {
      raiseFence: (_: unknown, streamId: string, generation: number) => fences.push([streamId, generation]),
      appendInTransaction: (_: unknown, events: NewEvent[]) => void appended.push(...events),
    } as unknown as LedgerService;
    const manager = {};
    const transaction = { transaction: (work: (m: unknown) => unknown) => work(manager) };
    const changes = new Changes(ledger, { dataSource: transaction } as unknown as LedgerRepository);
    const event = {
      streamId: 'ses_01J00000000000000000000000',
      type: 'job.cancel_requested',
      actor: 'engine',
      payload: { jobId: 'job_01J00000000000000000000000', reason: 'no' },
    } as const;
    await changes.run(async (change) => {
      change.fence('ses_b', 2);
      change.fence('ses_a', 3);
      change.fence('ses_b', 1);
      change.record(event);
    });
    expect(appended).toEqual([event]);
    expect(fences).toEqual([
      ['ses_a', 3],
      ['ses_b', 2],
    ]);
    const wrong = { ...event, payload: { jobId: 'x' } } as unknown as NewEvent;
    await expect(changes.run((change) => Promise.resolve(change.record(wrong)))).rejects.toMatchObject({
      code: 'internal.unexpected',
      message: expect.stringContaining('job.cancel_requested'),
    });
    expect(appended).toHaveLength(1);
  });
});
