import { describe, expect, it } from '@jest/globals';
import { Outage, type Recovery } from './outage.js';

describe('an outage', () => {
  const start = () => {
    let now = 5;
    const told: string[] = [];
    const over: Recovery[] = [];
    const outage = new Outage(
      'task queue',
      { onError: (e) => told.push((e as Error).message), onRecovered: (r) => over.push(r) },
      () => now,
    );
    return { outage, told, over, at: (ms: number) => (now = ms) };
  };

  it('is told when it begins, twice a minute, and when it is over, however many errors it has', () => {
    const { outage, told, over, at } = start();
    for (let ms = 0; ms < 70_000; ms += 1) {
      at(ms);
      outage.failed(new Error('refused'));
    }
    expect(told).toEqual([
      'refused',
      expect.stringContaining('for 30 s, 30001 errors by now; the last: Error: refused'),
      expect.stringContaining('for 60 s, 60001 errors'),
    ]);
    at(70_000);
    outage.worked();
    outage.worked();
    expect(over).toEqual([{ part: 'task queue', seconds: 70, errors: 70_000 }]);
    expect(told).toHaveLength(3);
  });

  it('begins anew after it was over', () => {
    const { outage, told, over } = start();
    outage.worked();
    outage.failed(new Error('one'));
    outage.worked();
    outage.failed(new Error('two'));
    expect(told).toEqual(['one', 'two']);
    expect(over).toHaveLength(1);
  });
});
