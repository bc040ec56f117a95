import { describe, expect, it, jest } from '@jest/globals';
import { GatehouseError } from '@gatehouse/contracts';
import { pino } from 'pino';
import type { OutputPart } from '../lease/lease.calls.js';
import { OutputPump } from './output.pump.js';

const log = pino({ level: 'silent' });

/** A plane that takes output as fast as it is told to. */
const plane = (takes: () => Promise<void> = async () => undefined) => {
  const calls: (OutputPart & { bytes: string; at: number })[] = [];
  const fencing = new AbortController();
  const output = async (part: OutputPart, bytes: Buffer): Promise<void> => {
    await takes();
    calls.push({ ...part, bytes: bytes.toString(), at: Date.now() });
  };
  const insist = async <T>(call: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    if (fencing.signal.aborted) throw new GatehouseError('lease.gone', 'over');
    return call(fencing.signal);
  };
  return {
    calls,
    fencing,
    start: (cap: number) => new OutputPump(cap, { output }, { insist, fenced: fencing.signal }, log),
  };
};
const of = (calls: readonly OutputPart[], stream: string) => calls.filter((call) => call.stream === stream);

describe('output on its way to the plane', () => {
  it('goes in order, by offset, in calls of at most 256 KiB, and is sealed', async () => {
    const { calls, start } = plane();
    const pump = start(10_000_000);
    for (let i = 0; i < 20; i++) await pump.write('stdout', Buffer.from(String(i % 10).repeat(50_000)));
    await pump.close();
    const out = calls.filter(({ stream }) => stream === 'stdout');
    expect(out.map(({ bytes }) => bytes).join('')).toBe(
      Array.from({ length: 20 }, (_, i) => String(i % 10).repeat(50_000)).join(''),
    );
    let offset = 0;
    for (const call of out) {
      expect(call.offset).toBe(offset);
      expect(call.bytes.length).toBeLessThanOrEqual(256 * 1024);
      offset += call.bytes.length;
    }
    expect(out.map(({ last }) => last)).toEqual([...out.slice(1).map(() => false), true]);
    expect(of(calls, 'stderr')).toEqual([
      expect.objectContaining({ offset: 0, last: true, truncated: false, bytes: '' }),
    ]);
  });

  it('goes at once when nothing was under way, and soon after when something was', async () => {
    const { calls, start } = plane();
    const pump = start(1000);
    void pump.write('stdout', Buffer.from('a'));
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(calls).toHaveLength(1);
    for (const text of ['b', 'c', 'd']) void pump.write('stdout', Buffer.from(text));
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(calls.map(({ bytes }) => bytes)).toEqual(['a', 'bcd']);
    await pump.close();
  });

  it('is capped, and says so with its last call', async () => {
    const { calls, start } = plane();
    const pump = start(5);
    for (const text of ['abc', 'def', 'ghi']) void pump.write('stderr', Buffer.from(text));
    await pump.close();
    const err = calls.filter(({ stream }) => stream === 'stderr');
    expect(err.map(({ bytes }) => bytes).join('')).toBe('abcde');
    expect(err.at(-1)).toMatchObject({ last: true, truncated: true });
    expect(of(calls, 'stdout').at(-1)).toMatchObject({ truncated: false });
  });

  it('holds the writer back while too much waits, and lets it go on when the lease is lost', async () => {
    let open!: () => void;
    const gate = new Promise<void>((resolve) => (open = resolve));
    const { fencing, start } = plane(() => gate);
    const pump = start(100_000_000);
    const went = jest.fn();
    void pump.write('stdout', Buffer.alloc(10));
    await new Promise((resolve) => setTimeout(resolve, 10));
    const held = pump.write('stdout', Buffer.alloc(5_000_000));
    expect(held).toBeInstanceOf(Promise);
    void Promise.resolve(held).then(went);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(went).not.toHaveBeenCalled();
    fencing.abort();
    await held;
    open();
    await pump.close();
  });

  it('never fails what it belongs to', async () => {
    const pump = plane(async () => {
      throw new GatehouseError('request.invalid', 'no');
    }).start(100);
    await pump.write('stdout', Buffer.from('x'));
    await expect(pump.close()).resolves.toBeUndefined();
    expect(pump.write('stdout', Buffer.from('y'))).toBeUndefined();
  });
});
