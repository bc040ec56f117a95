import { describe, expect, it } from '@jest/globals';
import { Intake } from './intake.js';

const row = (id: number, bytes = 1) => ({ id: String(id), bytes });
type Row = ReturnType<typeof row>;

describe('the intake', () => {
  const batches: string[][] = [];
  const intake = (known: Set<string> = new Set()) => {
    batches.length = 0;
    return new Intake<Row>(
      async (rows) => {
        batches.push(rows.map(({ id }) => id));
        if (rows.some(({ id }) => id === '13')) throw new Error('full');
        await new Promise((resolve) => setImmediate(resolve));
        return new Set(rows.map(({ id }) => id).filter((id) => !known.has(id)));
      },
      ({ bytes }) => bytes,
    );
  };

  it('stores one alone at once', async () => {
    expect(await intake().add(row(1))).toBe(true);
    expect(batches).toEqual([['1']]);
  });

  it('stores many that come at once together, each once, in order', async () => {
    const into = intake(new Set(['5']));
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => into.add(row(100 + i))));
    expect(answers).toEqual(Array(100).fill(true));
    expect(batches.flat()).toEqual(Array.from({ length: 100 }, (_, i) => String(100 + i)));
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(32);
    expect(await into.add(row(5))).toBe(false);
  });

  it('shares no statement among large ones', async () => {
    const into = intake();
    await Promise.all([1, 2, 3].map((id) => into.add(row(id, 25 * 1024 * 1024))));
    expect(batches).toEqual([['1'], ['2'], ['3']]);
  });

  it('tells everybody of a batch that it was not stored, and goes on', async () => {
    const into = intake();
    const answers = await Promise.allSettled([1, 13, 2].map((id) => into.add(row(id))));
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(await into.add(row(3))).toBe(true);
  });
});
