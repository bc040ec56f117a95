import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { OutputMeter } from './output.meter.js';

const chunks = (...texts: string[]): Readable =>
  Readable.from(
    texts.map((t) => Buffer.from(t)),
    { objectMode: false },
  );

describe('OutputMeter', () => {
  it('hands over up to the bound, byte for byte, and says so once', async () => {
    let heard = '';
    let exceeded = 0;
    const meter = new OutputMeter(
      5,
      (_, chunk) => void (heard += chunk.toString()),
      () => exceeded++,
    );
    await meter.drain('stdout', chunks('abc', 'def', 'ghi'));
    expect([heard, meter.bytes, exceeded]).toEqual(['abcde', 5, 1]);
  });

  it('counts both streams together', async () => {
    let exceeded = 0;
    const meter = new OutputMeter(
      4,
      () => {},
      () => exceeded++,
    );
    await Promise.all([meter.drain('stdout', chunks('abc')), meter.drain('stderr', chunks('def'))]);
    expect([meter.bytes, exceeded]).toEqual([4, 1]);
  });

  it('is content with exactly the bound', async () => {
    let exceeded = 0;
    const meter = new OutputMeter(
      3,
      () => {},
      () => exceeded++,
    );
    await meter.drain('stdout', chunks('abc'));
    expect(exceeded).toBe(0);
  });

  it('waits for the reader', async () => {
    let inside = 0;
    let most = 0;
    const meter = new OutputMeter(
      100,
      async () => {
        most = Math.max(most, ++inside);
        await new Promise((resolve) => setImmediate(resolve));
        inside--;
      },
      () => {},
    );
    await meter.drain('stdout', chunks('a', 'b', 'c'));
    expect(most).toBe(1);
  });

  it('ends the run and throws when the reader breaks', async () => {
    let exceeded = 0;
    const meter = new OutputMeter(
      100,
      () => Promise.reject(new Error('disk full')),
      () => exceeded++,
    );
    await expect(meter.drain('stdout', chunks('a', 'b'))).rejects.toThrow('disk full');
    expect(exceeded).toBe(1);
  });
});
