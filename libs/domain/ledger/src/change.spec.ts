import { describe, expect, it } from '@jest/globals';
import { Changes } from './change.js';
import type { NewEvent } from './ledger.js';
import type { LedgerRepository } from './ledger.repository.js';
import type { LedgerService } from './ledger.service.js';

describe('a change', () => {
  it('refuses a payload that is not what contracts say, while we develop', async () => {
    const appended: NewEvent[] = [];
    const ledger = {
      appendInTransaction: (_: unknown, events: NewEvent[]) => void appended.push(...events),
    } as unknown as LedgerService;
    const manager = {};
    const transaction = { transaction: (_: string, work: (m: unknown) => unknown) => work(manager) };
    const changes = new Changes(ledger, { dataSource: transaction } as unknown as LedgerRepository);
    const event = {
      streamId: 'ses_01J00000000000000000000000',
      type: 'job.cancel_requested',
      actor: 'engine',
      payload: { jobId: 'job_01J00000000000000000000000', reason: 'no' },
    } as const;
    await changes.run((change) => Promise.resolve(change.record(event)));
    expect(appended).toEqual([event]);
    const wrong = { ...event, payload: { jobId: 'x' } } as unknown as NewEvent;
    await expect(changes.run((change) => Promise.resolve(change.record(wrong)))).rejects.toMatchObject({
      code: 'internal.unexpected',
      message: expect.stringContaining('job.cancel_requested'),
    });
    expect(appended).toHaveLength(1);
  });
});
