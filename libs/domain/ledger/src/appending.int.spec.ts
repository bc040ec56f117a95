import { inTransaction } from '@gatehouse/database';
import { until } from '@gatehouse/database/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventOf, LedgerFixture, newStream } from './ledger.fixture.js';
import type { LedgerService } from './ledger.service.js';

let ledger: LedgerFixture;
let service: LedgerService;
beforeAll(async () => {
  ledger = await LedgerFixture.start();
  service = ledger.service();
});
afterAll(() => ledger?.stop());

const count = async (streamId: string): Promise<number> =>
  (await service.readPage(streamId, { after: 0, limit: 1_000 })).items.length;

describe.each(['transaction', 'group commit'] as const)('an append by %s', (way) => {
  const append = async (events: Parameters<typeof eventOf>[]) =>
    way === 'transaction'
      ? ledger.transact(
          service,
          events.map((args) => eventOf(...args)),
        )
      : Promise.all(events.map((args) => service.append(eventOf(...args))));

  it('is chained, stored as hashed, and verifies', async () => {
    const [a, b] = [newStream(), newStream()];
    const began = Date.now();
    const appended = await append([
      [a, { n: 1 }],
      [b, { n: 2 }],
      [a, { text: 'ü\u0000😀', deep: [{ x: null }] }],
    ]);
    expect(appended.map(({ streamId, seq, duplicate }) => [streamId, seq, duplicate])).toEqual([
      [a, 1, false],
      [b, 1, false],
      [a, 2, false],
    ]);
    const { items, next } = await service.readPage(a, { after: 0, limit: 10 });
    expect(next).toBe(2);
    expect(items[1]).toMatchObject({
      payload: { text: 'ü\u0000😀', deep: [{ x: null }] },
      prevHash: items[0]!.hash,
      hash: appended[2]!.hash,
    });
    const at = Date.parse(items[1]!.at);
    expect(at).toBeGreaterThan(began - 5_000);
    expect(at).toBeLessThan(Date.now() + 5_000);
    expect(await service.verifyStream(a)).toMatchObject({ ok: true, events: 2 });
  });

  it('knows a dedupe key again, in one call and in the next', async () => {
    const stream = newStream();
    const key = { dedupeKey: 'k' };
    const [first, twin] = await append([
      [stream, { n: 1 }, key],
      [stream, { n: 1 }, key],
    ]);
    expect(first).toMatchObject({ seq: 1, duplicate: false });
    expect(twin).toEqual({ ...first, duplicate: true });
    const [fresh, again] = await append([
      [stream, { n: 2 }],
      [stream, { n: 1 }, key],
    ]);
    expect([fresh!.seq, again]).toEqual([2, { ...first, duplicate: true }]);
    await expect(append([[stream, { n: 9 }, key]])).rejects.toMatchObject({ code: 'idempotency.mismatch' });
    expect(await count(stream)).toBe(2);
  });

  it('refuses a lease that was fenced off', async () => {
    const stream = newStream();
    await append([[stream, {}, { leaseGeneration: 1 }]]);
    await inTransaction(ledger.database.dataSource, (m) => service.raiseFence(m, stream, 2));
    await expect(append([[stream, {}, { leaseGeneration: 1 }]])).rejects.toMatchObject({
      code: 'lease.fenced',
    });
    await append([
      [stream, {}, { leaseGeneration: 2 }],
      [stream, {}],
    ]);
    expect(await count(stream)).toBe(3);
    expect(await service.verifyStream(stream)).toMatchObject({ ok: true });
  });
});

describe('appendInTransaction', () => {
  it('leaves nothing behind when the transaction rolls back', async () => {
    const stream = newStream();
    await expect(
      inTransaction(ledger.database.dataSource, async (manager) => {
        await service.appendInTransaction(manager, [eventOf(stream)]);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    await expect(service.readPage(stream, { after: 0, limit: 1 })).rejects.toMatchObject({
      code: 'stream.not_found',
    });
  });
});

describe('both ways at once', () => {
  it('from two processes on the same streams: no gap, no deadlock, nothing lost, nothing twice', async () => {
    const other = ledger.service();
    const streams = Array.from({ length: 5 }, newStream);
    const acknowledged: string[] = [];
    const note = (n: string) => ({ n });
    const work: Promise<unknown>[] = [];
    for (let i = 0; i < 60; i++) {
      const mixed = [...streams].sort(() => Math.random() - 0.5).slice(0, 3);
      work.push(
        ledger
          .transact(
            i % 2 === 0 ? service : other,
            mixed.map((s, at) => eventOf(s, note(`t${i}.${at}`))),
          )
          .then(() => mixed.forEach((_, at) => acknowledged.push(`t${i}.${at}`))),
      );
      for (const [at, s] of streams.entries())
        work.push(
          (i % 3 === 0 ? other : service)
            .append(eventOf(s, note(`g${i}.${at}`)))
            .then(() => acknowledged.push(`g${i}.${at}`)),
        );
      if (i % 10 === 0) await sleep(1);
    }
    await Promise.all(work);
    const stored: unknown[] = [];
    for (const s of streams) {
      expect(await service.verifyStream(s)).toMatchObject({ ok: true });
      stored.push(
        ...(await service.readPage(s, { after: 0, limit: 1_000 })).items.map((e) => e.payload!['n']),
      );
    }
    expect(stored.sort()).toEqual(acknowledged.sort());
    expect(stored).toHaveLength(60 * 8);
  });

  it('a transaction that holds one stream does not stop the others', async () => {
    const [held, free] = [newStream(), newStream()];
    await Promise.all([service.append(eventOf(held)), service.append(eventOf(free))]);
    let late: unknown;
    await inTransaction(ledger.database.dataSource, async (manager) => {
      await service.appendInTransaction(manager, [eventOf(held)]);
      void service.append(eventOf(held)).then((appended) => (late = appended));
      await Promise.all(Array.from({ length: 5 }, () => service.append(eventOf(free))));
      expect(late).toBeUndefined();
    });
    await until(() => late !== undefined);
    expect(late).toMatchObject({ seq: 3 });
  });
});

describe('the database itself', () => {
  it.each([
    `UPDATE ledger_events SET actor = 'x'`,
    'DELETE FROM ledger_events',
    'TRUNCATE ledger_events',
    'DELETE FROM ledger_payloads',
    `UPDATE ledger_payloads SET payload = '{}'`,
    'DELETE FROM ledger_streams',
    'UPDATE ledger_streams SET head_seq = 0',
  ])('refuses %s', async (sql) => {
    await service.append(eventOf(newStream()));
    await expect(ledger.database.dataSource.query(sql)).rejects.toThrow(/append-only/);
  });
});
