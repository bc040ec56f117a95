import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { viewsOf } from './secret.writings.js';

const runs = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom(...'XYZxyz0189+/-_'), minLength: 24, maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(...'ABCDEFabcdef0189'), minLength: 24, maxLength: 90 }),
  ),
  { minLength: 1, maxLength: 9 },
);

describe('views of decoded runs', () => {
  it('hold what Buffer decodes, each run behind the place it was taken from', () =>
    fc.assert(
      fc.property(runs, fc.constantFrom('.', '\n', ' é '), (parts, between) => {
        const text = between + parts.join(between);
        const bytes = Buffer.from(text, 'latin1');
        const views = viewsOf(bytes).filter(({ writing }) => writing !== 'spliced');
        const hexes = parts.filter((part) => /^(?:[0-9a-f]{2}){16,}$/i.test(part));
        const expected = [
          ['base64', parts] as const,
          ...(hexes.length === 0 ? [] : [['hex', hexes] as const]),
        ].map(([writing, own]) => {
          const decoded = own.map((part) =>
            Buffer.concat([Buffer.from(part, writing === 'hex' ? 'hex' : 'base64'), Buffer.from('\n')]),
          );
          return { writing, content: Buffer.concat(decoded).toString('latin1') };
        });
        expect(
          views.map((view) => ({
            writing: view.writing,
            content: Buffer.from(view.bytes).toString('latin1'),
          })),
        ).toEqual(expected);
        for (const { writing, origins, bytes: content } of views)
          for (let i = 0; i < origins.length; i += 2) {
            const part = text.slice(origins[i + 1]).split(between)[0]!;
            const decoded = Buffer.from(part, writing === 'hex' ? 'hex' : 'base64');
            expect(
              decoded.equals(Buffer.from(content).subarray(origins[i], origins[i]! + decoded.length)),
            ).toBe(true);
          }
      }),
      { numRuns: 300 },
    ));
});
