import { until } from '@gatehouse/database/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventOf, LedgerFixture, newStream } from './ledger.fixture.js';
import type { LedgerService } from './ledger.service.js';
import type { LedgerTail } from './ledger-tail.js';
import { ReadRepository } from './read.repository.js';

let ledger: LedgerFixture;
let writer: LedgerService;
let reader: LedgerService;
beforeAll(async () => {
  ledger = await LedgerFixture.start();
  writer = ledger.service();
  reader = ledger.service();
});
afterAll(() => ledger?.stop());

let encoded = 0;
const tail = (options: { maxBehind?: number; pollMs?: number } = {}): LedgerTail =>
  reader.tail({
    encode: ({ seq, type }) => {
      encoded += 1;
      return Buffer.from(`id: ${seq}\nevent: ${type}\n\n`);
    },
    ...options,
  });

/** A reader that notes each seq; `pause` is awaited before each batch. */
const follow = (
  on: LedgerTail,
  stream: string,
  after = 0,
  pause: () => Promise<unknown> = async () => undefined,
) => {
  const stop = new AbortController();
  const seen: number[] = [];
  const done = (async () => {
    for await (const frames of on.follow(stream, { after, signal: stop.signal })) {
      seen.push(...frames.map(({ seq }) => seq));
      await pause();
    }
  })();
  return { seen, stop: () => (stop.abort(), done), done };
};
const upTo = (n: number, from = 1) => Array.from({ length: n - from + 1 }, (_, i) => from + i);
const write = (stream: string, n: number) =>
  Promise.all(Array.from({ length: n }, (_, i) => writer.append(eventOf(stream, { i }))));

describe('a live reader', () => {
  it('gets what is stored and then what comes, each once and in order, from any place', async () => {
    const on = tail();
    const stream = newStream();
    await write(stream, 1_203);
    const readers = [0, 1_000, 1_203].map((after) => follow(on, stream, after));
    await until(() => readers[0]!.seen.length === 1_203);
    await write(stream, 50);
    await ledger.transact(writer, [eventOf(stream), eventOf(stream)]);
    await until(() => readers.every((r) => r.seen.at(-1) === 1_255));
    expect(readers.map((r) => r.seen)).toEqual([upTo(1_255), upTo(1_255, 1_001), upTo(1_255, 1_204)]);
    await Promise.all(readers.map((r) => r.stop()));
    expect(on.readers).toBe(0);
  });

  it('is not led astray, nor leads others, by a place that the stream has not reached', async () => {
    const on = tail();
    const stream = newStream();
    await write(stream, 3);
    const ends = jest.spyOn(ReadRepository.prototype, 'ends');
    const ahead = follow(on, stream, 999_999_999_999);
    await until(() => ends.mock.results.length === 1);
    await ends.mock.results[0]!.value;
    ends.mockRestore();
    const honest = follow(on, stream);
    await until(() => honest.seen.length === 3);
    await write(stream, 2);
    await until(() => honest.seen.length === 5 && ahead.seen.length === 2);
    expect([honest.seen, ahead.seen]).toEqual([upTo(5), upTo(5, 4)]);
    await Promise.all([ahead, honest].map((r) => r.stop()));
  });

  it('loses nothing where it begins between two commits', async () => {
    const on = tail();
    const stream = newStream();
    await write(stream, 1);
    let writing = true;
    const work = (async () => {
      while (writing) await write(stream, 3);
    })();
    const readers: ReturnType<typeof follow>[] = [];
    for (let i = 0; i < 20; i++) {
      readers.push(follow(on, stream));
      await sleep(5);
    }
    writing = false;
    await work;
    const end = (await writer.readPage(stream, { after: 0, limit: 1_000 })).next;
    await until(() => readers.every((r) => r.seen.at(-1) === end));
    for (const r of readers) expect(r.seen).toEqual(upTo(end));
    await Promise.all(readers.map((r) => r.stop()));
  });

  it('shares one read and one encoding with all others', async () => {
    const on = tail();
    const stream = newStream();
    await write(stream, 1);
    const readers = Array.from({ length: 100 }, () => follow(on, stream));
    await until(() => readers.every((r) => r.seen.length === 1));
    encoded = 0;
    for (let i = 0; i < 10; i++) await write(stream, 1);
    await until(() => readers.every((r) => r.seen.length === 11));
    expect(encoded).toBe(10);
    await Promise.all(readers.map((r) => r.stop()));
  });

  it('is slow without slowing others, and catches up from the database', async () => {
    const on = tail();
    const stream = newStream();
    await write(stream, 1);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = follow(on, stream, 0, () => gate);
    const fast = follow(on, stream);
    await until(() => slow.seen.length === 1 && fast.seen.length === 1);
    await write(stream, 900);
    await until(() => fast.seen.length === 901);
    expect(slow.seen).toHaveLength(1);
    release();
    await until(() => slow.seen.length === 901);
    expect(slow.seen).toEqual(upTo(901));
    await Promise.all([slow.stop(), fast.stop()]);
  });

  it('is dropped when it falls too far behind, and resumes from where it was', async () => {
    const on = tail({ maxBehind: 300 });
    const stream = newStream();
    await write(stream, 1);
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const slow = follow(on, stream, 0, () => gate);
    const fast = follow(on, stream);
    await until(() => slow.seen.length === 1 && fast.seen.length === 1);
    for (let n = 101; n <= 601; n += 100) {
      await write(stream, 100);
      await until(() => fast.seen.length === n);
    }
    release();
    await slow.done;
    const place = slow.seen.at(-1)!;
    expect(place).toBeLessThan(601);
    const again = follow(on, stream, place);
    await until(() => again.seen.at(-1) === 601);
    expect([...slow.seen, ...again.seen]).toEqual(upTo(601));
    await Promise.all([again.stop(), fast.stop()]);
  });

  it('finds by polling what no hint told of', async () => {
    const on = tail({ pollMs: 100 });
    const stream = newStream();
    await write(stream, 1);
    const one = follow(on, stream);
    await until(() => one.seen.length === 1);
    // Another process that dies between commit and hint.
    const { appendInTransaction } = await import('./transaction-append.js');
    const { LedgerRepository } = await import('./ledger.repository.js');
    await ledger.database.dataSource.transaction(async (manager) => {
      await appendInTransaction(new LedgerRepository(ledger.database.dataSource), manager, [eventOf(stream)]);
    });
    await until(() => one.seen.length === 2);
    await one.stop();
  });

  it('waits for a stream that does not exist yet', async () => {
    const on = tail();
    const stream = newStream();
    const early = follow(on, stream);
    await sleep(50);
    await write(stream, 2);
    await until(() => early.seen.length === 2);
    await early.stop();
  });

  it('ends when the service does', async () => {
    const closing = ledger.service();
    const on = closing.tail({ encode: () => Buffer.alloc(0) });
    const one = follow(on, newStream());
    await sleep(50);
    await closing.onModuleDestroy();
    await one.done;
  });
});
