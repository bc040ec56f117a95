import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

const key = (id: string, at: string) => ({
  ...{ id: id.repeat(64), algorithm: 'ed25519', since: at },
  pem: `-----BEGIN PUBLIC KEY-----\n${id}\n-----END PUBLIC KEY-----\n`,
});
const items = [key('b', '2026-01-02T03:05:00.000Z'), key('a', '2026-01-01T03:05:00.000Z')];
const handlers = { 'keys.list': () => ({ items }) };

describe('key', () => {
  it('lists which one signs and which no longer do', async () => {
    const { stdout, code } = await run(['key', 'list'], { handlers });
    expect([
      code,
      stdout
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(/\s{2,}/)[1]),
    ]).toEqual([0, ['yes', 'no longer']]);
  });

  it('exports all of them, to the screen or to a new file that verify reads', async () => {
    const all = items.map(({ pem }) => pem).join('');
    expect((await run(['key', 'export'], { handlers })).stdout).toBe(all);
    const { stdout, written } = await run(['key', 'export', '--out', 'keys.pem'], { handlers });
    expect(stdout).toBe('2 keys are in keys.pem\n');
    const one = { handlers: { 'keys.list': () => ({ items: items.slice(1) }) } };
    expect((await run(['key', 'export', '--out', 'k'], one)).stdout).toBe('1 key is in k\n');
    expect(written).toEqual({ 'keys.pem': { text: all, mode: 0o644 } });
    const taken = await run(['key', 'export', '--out', 'x'], { handlers, files: { x: '' } });
    expect([taken.code, taken.written]).toEqual([2, {}]);
  });

  it('says so where there is none yet', async () => {
    const none = await run(['key', 'export'], { handlers: { 'keys.list': () => ({ items: [] }) } });
    expect([none.code, none.stdout]).toEqual([3, '']);
  });
});
