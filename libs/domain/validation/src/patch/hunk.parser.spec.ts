import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parsePatch } from './patch.parser.js';
import { findLineEnd } from './patch.reader.js';

describe('the end of a line', () => {
  // Newlines, their neighbours, and what becomes one when the highest bit is lost.
  const bytes = fc.array(
    fc.oneof(fc.constantFrom(0x0a, 0x0b, 0x09, 0x8a, 0x00, 0xff), fc.integer({ min: 0, max: 255 })),
    {
      maxLength: 60,
    },
  );

  it('is where a search byte by byte finds it, wherever the bytes lie in memory', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 8 }),
        (all, from, skip) => {
          const buffer = Buffer.from(all).subarray(skip);
          const words = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
          expect(findLineEnd(words, buffer.length, from)).toBe(
            buffer.findIndex((b, i) => i >= from && b === 10),
          );
        },
      ),
      { numRuns: 2000 },
    );
  });
});

const header = 'diff --git a/x b/x\n';
const index = `index ${'1'.repeat(40)}..${'2'.repeat(40)} 100644\n`;
const noNewline = '\\ No newline at end of file';

interface Hunk {
  readonly oldCount: number;
  readonly newCount: number;
  readonly body: readonly string[];
}

/** The same rules line by line, over lines that were split before. Null where the hunk is refused. */
const simple = ({ oldCount, newCount, body }: Hunk) => {
  const seen = { addedLines: 0, deletedLines: 0, longestLine: 0 };
  let [oldLines, newLines] = [0, 0];
  const closed = { old: false, new: false };
  for (const [i, line] of body.entries()) {
    const sign = line === '' ? ' ' : line[0]!;
    if (sign === '\\') {
      const before = body[i - 1];
      if (line !== noNewline || before === undefined || before.startsWith('\\')) return null;
      if (before[0] !== '+') closed.old = true;
      if (before[0] !== '-') closed.new = true;
      if ((closed.old && oldLines < oldCount) || (closed.new && newLines < newCount)) return null;
      continue;
    }
    if (!'+- '.includes(sign)) return null;
    if ((sign !== '+' && closed.old) || (sign !== '-' && closed.new)) return null;
    if (sign !== '+') oldLines += 1;
    if (sign !== '-') newLines += 1;
    if (sign === '+') {
      seen.addedLines += 1;
      seen.longestLine = Math.max(seen.longestLine, line.length - 1);
    }
    if (sign === '-') seen.deletedLines += 1;
  }
  const changes = seen.addedLines + seen.deletedLines > 0;
  return changes && oldLines === oldCount && newLines === newCount ? seen : null;
};

describe('a hunk', () => {
  const tail = fc.oneof(
    fc.constantFrom('', '\r', '\0', '@@ -1 +1 @@', '-- ', 'diff --git a/y b/y', '\x0b', '\x8a'),
    fc.string({ maxLength: 20 }).map((text) => text.replaceAll('\n', '').replace(/[^\0-\xff]/g, '')),
  );
  const line = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(fc.constantFrom('+', '-', ' '), tail).map(([a, b]) => a + b) },
    { weight: 1, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: fc.constant(noNewline) },
    { weight: 1, arbitrary: fc.constantFrom('\\', '\\ No newline', 'x', '\t', '\xab') },
  );
  const miscount = fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constantFrom(-1, 1) },
  );
  const hunk = fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 12 }), miscount, miscount)
    .map(([body, old, now]): Hunk => {
      const count = (other: string) =>
        body.filter((text) => !text.startsWith(other) && !text.startsWith('\\')).length;
      return { oldCount: Math.max(0, count('+') + old), newCount: Math.max(0, count('-') + now), body };
    });

  it('is read as a reader of lines that does nothing else reads it', () => {
    let taken = 0;
    fc.assert(
      fc.property(hunk, (made) => {
        const { oldCount, newCount, body } = made;
        const start = (count: number) => (count === 0 ? 0 : 1);
        const head = `@@ -${start(oldCount)},${oldCount} +${start(newCount)},${newCount} @@ x\n`;
        const text = `${header}${index}--- a/x\n+++ b/x\n${head}${body.map((one) => `${one}\n`).join('')}`;
        const parsed = parsePatch(Buffer.from(text, 'latin1'));
        const wanted = simple(made);
        if (wanted === null) return expect(parsed.ok).toBe(false);
        taken += 1;
        return expect(parsed).toMatchObject({ ok: true, files: [{ hunks: 1, ...wanted }] });
      }),
      { numRuns: 2000, seed: 11 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});
