import { describe, expect, it } from '@jest/globals';
import { AtOnce } from './at.once.js';

describe('AtOnce', () => {
  const ends: (() => void)[] = [];
  const wait = (answer: string) => () =>
    new Promise<string>((resolve, reject) =>
      ends.push(() => (answer === 'broken' ? reject(new Error(answer)) : resolve(answer))),
    );

  it('runs so many at once, turns away who comes then, and makes room', async () => {
    const bound = new AtOnce<string>(2, 'things are being done');
    const [a, b] = [bound.run('a', wait('one')), bound.run('b', wait('broken'))];
    await expect(bound.run('c', () => Promise.resolve('two'))).rejects.toMatchObject({
      code: 'request.rate_limited',
      details: { retryAfter: 2 },
      message: '2 things are being done, and no more at once. Ask again in 2 s.',
    });
    const again = bound.run('a', wait('never asked'));
    for (const end of ends.splice(0)) end();
    expect(await Promise.all([a, again])).toEqual(['one', 'one']);
    await expect(b).rejects.toThrow('broken');
    const [c, d] = [bound.run('c', wait('three')), bound.run('b', wait('four'))];
    for (const end of ends.splice(0)) end();
    expect(await Promise.all([c, d])).toEqual(['three', 'four']);
  });
});
