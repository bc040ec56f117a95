import type { LedgerEvent } from '@gatehouse/contracts';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { createClient } from './api.client.js';
import type { ApiProblem } from './api.problem.js';
import { fakePlane, fakeStream, problemResponse, sampleEvent, sampleIds } from './testing.js';

const frame = (event: LedgerEvent): string =>
  `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const frames = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => frame(sampleEvent(from + i))).join('');

/** Follows a plane whose lines are scripted; answers the seqs seen and the Last-Event-IDs asked for. */
const follow = async (
  lines: (((line: ReturnType<typeof fakeStream>) => void) | Response)[],
  until: number,
  options: { lastEventId?: number; idleMs?: number; giveUpMs?: number } = {},
) => {
  const script = [...lines];
  const plane = fakePlane({
    'sessions.events': () => {
      const next = script.shift();
      if (next === undefined) throw new Error('no further line was expected');
      if (next instanceof Response) return next;
      const line = fakeStream();
      next(line);
      return line.response;
    },
  });
  const client = createClient({ baseUrl: 'http://plane.test', fetch: plane.fetch });
  const seen: number[] = [];
  const lost: string[] = [];
  const run = async () => {
    const onReconnect = (problem: ApiProblem) => lost.push(problem.kind);
    for await (const event of client.followEvents(sampleIds.session, { ...options, onReconnect })) {
      seen.push(event.seq);
      if (event.seq === until) break;
    }
  };
  const asked = () => plane.requests.map(({ headers }) => headers.get('last-event-id'));
  return { run: run(), seen, lost, asked, requests: plane.requests };
};

describe('following a session', () => {
  beforeEach(() => void jest.useFakeTimers({ doNotFake: ['queueMicrotask', 'nextTick'] }));
  afterEach(() => void jest.useRealTimers());
  const settle = async (run: Promise<unknown>) => {
    const done = run.then(
      () => undefined,
      (error: unknown) => error,
    );
    await jest.advanceTimersByTimeAsync(400_000);
    return done;
  };

  it('gives events in order and asks for a stream', async () => {
    const f = await follow([(line) => line.send(`: hello\n\n${frames(1, 3)}`)], 3);
    expect(await settle(f.run)).toBeUndefined();
    expect(f.seen).toEqual([1, 2, 3]);
    expect(f.requests[0]?.headers.get('accept')).toBe('text/event-stream');
  });

  it('resumes where a line broke, without repeating what the server repeats', async () => {
    const f = await follow(
      [
        (line) => {
          line.send(frames(6, 7));
          setTimeout(() => line.fail(), 10);
        },
        (line) => line.send(frames(6, 9)),
      ],
      9,
      { lastEventId: 5 },
    );
    expect(await settle(f.run)).toBeUndefined();
    expect([f.seen, f.asked(), f.lost]).toEqual([[6, 7, 8, 9], ['5', '7'], ['connection']]);
  });

  it('asks again for an event that was left out', async () => {
    const f = await follow(
      [(l) => l.send(frame(sampleEvent(1)) + frame(sampleEvent(3))), (l) => l.send(frames(2, 3))],
      3,
    );
    expect(await settle(f.run)).toBeUndefined();
    expect([f.seen, f.asked()]).toEqual([
      [1, 2, 3],
      ['0', '1'],
    ]);
  });

  it('stops when it is left out again', async () => {
    const holed = (l: ReturnType<typeof fakeStream>) => l.send(frame(sampleEvent(2)));
    const f = await follow([holed, holed], 2);
    expect(String(await settle(f.run))).toContain('Event 1 is missing');
    expect(f.seen).toEqual([]);
  });

  it('takes a silent line for dead, but not one with heartbeats', async () => {
    const f = await follow(
      [
        (line) => {
          for (let at = 900; at < 5_000; at += 900) setTimeout(() => line.send(': beat\n\n'), at);
          setTimeout(() => line.send(frames(1, 1)), 5_000);
        },
        (line) => line.send(frames(2, 2)),
      ],
      2,
      { idleMs: 1_000 },
    );
    expect(await settle(f.run)).toBeUndefined();
    expect([f.seen, f.lost]).toEqual([[1, 2], ['timeout']]);
  });

  it('throws at once where it may not look', async () => {
    const f = await follow([problemResponse('session.not_found', 'There is no such session.')], 1);
    expect(await settle(f.run)).toMatchObject({ code: 'session.not_found' });
  });

  it('gives up when nobody answers for long', async () => {
    const down = () => problemResponse('database.unavailable', 'Down.');
    const f = await follow([(l) => (l.send(frames(1, 1)), l.end()), ...Array.from({ length: 60 }, down)], 2, {
      giveUpMs: 5_000,
    });
    expect(await settle(f.run)).toMatchObject({ code: 'database.unavailable' });
    expect(f.seen).toEqual([1]);
  });

  it('ends with the reason of the abort', async () => {
    const plane = fakePlane({ 'sessions.events': () => new Promise<never>(() => undefined) });
    const hang: typeof fetch = (url, init) =>
      Promise.race([
        plane.fetch(url, init),
        new Promise<never>((_, no) =>
          init?.signal?.addEventListener('abort', () => no(init.signal?.reason as Error)),
        ),
      ]);
    const abort = new AbortController();
    const stream = createClient({ baseUrl: 'http://plane.test', fetch: hang }).followEvents(
      sampleIds.session,
      { signal: abort.signal },
    );
    const next = stream.next();
    abort.abort(new Error('enough'));
    await expect(next).rejects.toThrow('enough');
  });
});

describe('any cut of the bytes', () => {
  it('gives the same events', async () => {
    const text = `retry: 1\n\n${frames(1, 2)}: ü\n\n${frame(sampleEvent(3, { payload: { note: 'grüße\n🙂' } }))}`;
    const bytes = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(bytes.length), { maxLength: 12 }), async (cuts) => {
        const plane = fakePlane({
          'sessions.events': () => {
            const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
            const parts = at.slice(1).map((to, i) => bytes.slice(at[i], to));
            const body = new ReadableStream<Uint8Array>({
              start: (c) => parts.forEach((part) => c.enqueue(part)),
            });
            return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
          },
        });
        const client = createClient({ baseUrl: 'http://plane.test', fetch: plane.fetch });
        const seen: unknown[] = [];
        for await (const event of client.followEvents(sampleIds.session)) {
          seen.push(event.payload);
          if (event.seq === 3) break;
        }
        expect(seen).toEqual([{}, {}, { note: 'grüße\n🙂' }]);
      }),
      { numRuns: 50 },
    );
  });
});
