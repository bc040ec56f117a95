import { until } from '@gatehouse/database/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GroupCommitRepository, type StreamBatch } from './group-commit.repository.js';
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

describe('a group commit', () => {
  it('looks at its own keys only, however many the ledger has, though it was planned while there were none', async () => {
    const own = ledger.service();
    const stream = newStream();
    const keyed = (n: number) => own.append(eventOf(stream, { n }, { dedupeKey: `key ${n}` }));
    await keyed(0);
    // A repeated key: from now on keys are looked for.
    await keyed(0);
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => keyed(n + 1)));
    for (let n = 1_001; n <= 1_020; n += 1) await keyed(n);
    // Its connection closes, and with that what it counted is there to be read.
    await own.onModuleDestroy();
    const entries = async () => {
      const [row] = (await ledger.database.dataSource.query(
        `SELECT idx_tup_read AS read FROM pg_stat_user_indexes WHERE indexrelname = 'ledger_events_dedupe'`,
      )) as [{ read: string }];
      return Number(row.read);
    };
    expect(await entries()).toBeLessThan(1_000);
  });

  it('fails only the caller of what cannot be stored', async () => {
    const stream = newStream();
    const answers = await Promise.allSettled([
      service.append(eventOf(stream, { n: 1 })),
      service.append(eventOf(stream, { n: NaN })),
      service.append(eventOf(stream, { big: 'x'.repeat(300_000) })),
      service.append(eventOf(stream, { n: 2 })),
    ]);
    expect(answers.map((a) => (a.status === 'fulfilled' ? a.value.seq : a.reason.code))).toEqual([
      1,
      'request.invalid',
      'request.too_large',
      2,
    ]);
  });

  it('finds the one event that only the database refuses', async () => {
    await ledger.database.dataSource.query(
      `ALTER TABLE ledger_events ADD CONSTRAINT no_poison CHECK (type <> 'agent.poison')`,
    );
    const [a, b] = [newStream(), newStream()];
    const poison = { type: 'agent.poison' } as never;
    const answers = await Promise.allSettled([
      service.append(eventOf(a, { n: 1 })),
      service.append(eventOf(a, { n: 2 }, poison)),
      service.append(eventOf(a, { n: 3 })),
      service.append(eventOf(b, { n: 4 })),
    ]);
    expect(answers.map((answer) => answer.status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect([await count(a), await count(b)]).toEqual([2, 1]);
    expect(await service.verifyStream(a)).toMatchObject({ ok: true });
    await ledger.database.dataSource.query('ALTER TABLE ledger_events DROP CONSTRAINT no_poison');
  });

  it('does not write twice when the answer of a commit is lost', async () => {
    class Lossy extends GroupCommitRepository {
      losses = 3;
      override async append(batches: readonly StreamBatch[]) {
        const answer = await super.append(batches);
        if (this.losses-- > 0) throw new Error('Connection terminated unexpectedly');
        return answer;
      }
    }
    const lossy = ledger.service({}, new Lossy(ledger.database.dataSource));
    const streams = [newStream(), newStream()];
    const appended = await Promise.all(
      Array.from({ length: 20 }, (_, i) => lossy.append(eventOf(streams[i % 2]!, { i }))),
    );
    for (const s of streams) {
      expect(await count(s)).toBe(10);
      expect(await service.verifyStream(s)).toMatchObject({ ok: true });
    }
    expect(appended.map(({ seq }) => seq).sort((x, y) => x - y)).toEqual(
      Array.from({ length: 20 }, (_, i) => Math.floor(i / 2) + 1),
    );
  });

  it('says so during an outage, keeps the queue bounded, and goes on afterwards', async () => {
    class Down extends GroupCommitRepository {
      down = true;
      override append(batches: readonly StreamBatch[]) {
        if (this.down) return Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
        return super.append(batches);
      }
    }
    const repository = new Down(ledger.database.dataSource);
    const small = ledger.service({ groupCommit: { outageMs: 300, maxWaiting: 3 } }, repository);
    const stream = newStream();
    const waiting = Array.from({ length: 5 }, (_, i) => small.append(eventOf(stream, { i })));
    const answers = await Promise.allSettled(waiting);
    expect(answers.map((a) => (a.status === 'rejected' ? a.reason.code : a.status))).toEqual([
      'database.unavailable',
      'database.unavailable',
      'database.unavailable',
      'request.rate_limited',
      'request.rate_limited',
    ]);
    repository.down = false;
    expect(await small.append(eventOf(stream, { after: true }))).toMatchObject({ seq: 1 });
  });

  it('needs two commits for many callers of one moment, and one for a few', async () => {
    let statements = 0;
    class Counting extends GroupCommitRepository {
      override append(...args: Parameters<GroupCommitRepository['append']>) {
        statements += 1;
        return super.append(...args);
      }
    }
    const counted = ledger.service({}, new Counting(ledger.database.dataSource));
    const streams = Array.from({ length: 64 }, newStream);
    await Promise.all(streams.map((s) => counted.append(eventOf(s))));
    expect(statements).toBe(2);
    await Promise.all(streams.slice(0, 8).map((s) => counted.append(eventOf(s))));
    expect(statements).toBe(3);
  });

  it('writes other streams while one batch waits for the disk, and never the same one', async () => {
    let letGo = () => undefined as void;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const seen: string[][] = [];
    class Slow extends GroupCommitRepository {
      override async append(...args: Parameters<GroupCommitRepository['append']>) {
        const [batches] = args;
        seen.push(batches.map(({ streamId }) => streamId));
        if (seen.length === 1) await held;
        return super.append(...args);
      }
    }
    const slow = ledger.service({}, new Slow(ledger.database.dataSource));
    const [a, b] = [newStream(), newStream()];
    const first = slow.append(eventOf(a, { n: 1 }));
    await until(() => seen.length === 1);
    const behind = slow.append(eventOf(a, { n: 2 }));
    expect(await slow.append(eventOf(b, { n: 1 }))).toMatchObject({ seq: 1 });
    expect(await slow.append(eventOf(b, { n: 2 }))).toMatchObject({ seq: 2 });
    expect(seen).toEqual([[a], [b], [b]]);
    letGo();
    expect((await Promise.all([first, behind])).map(({ seq }) => seq)).toEqual([1, 2]);
    expect(await service.verifyStream(a)).toMatchObject({ ok: true, events: 2 });
  });

  it('writes what came along with a repeated key, once, and looks for keys from then on', async () => {
    const looked: boolean[] = [];
    class Watched extends GroupCommitRepository {
      override append(...args: Parameters<GroupCommitRepository['append']>) {
        looked.push(args[1]?.looksForKeys ?? true);
        return super.append(...args);
      }
    }
    const watched = ledger.service({}, new Watched(ledger.database.dataSource));
    const streams = [newStream(), newStream(), newStream()] as const;
    const send = (n: number) =>
      Promise.all(streams.map((s) => watched.append(eventOf(s, { n }, { dedupeKey: `key ${n}` }))));
    await send(1);
    await send(2);
    const again = await Promise.all([
      watched.append(eventOf(streams[0], { n: 3 }, { dedupeKey: 'key 3' })),
      watched.append(eventOf(streams[1], { n: 1 }, { dedupeKey: 'key 1' })),
      watched.append(eventOf(streams[2], { n: 3 }, { dedupeKey: 'key 3' })),
    ]);
    expect(again.map(({ seq, duplicate }) => [seq, duplicate])).toEqual([
      [3, false],
      [1, true],
      [3, false],
    ]);
    expect(looked).toEqual([false, false, false, true]);
    expect(await Promise.all(streams.map(count))).toEqual([3, 2, 3]);
    for (const s of streams) expect(await service.verifyStream(s)).toMatchObject({ ok: true });
  });
});
