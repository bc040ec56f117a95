import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mendedText, text } from './text.js';
import { CompleteAttempt } from './worker.js';

const isStorable = (value: string): boolean => !value.includes('\0') && !/\p{Cs}/u.test(value);
const anyText = fc
  .string({ unit: 'binary' })
  .chain((head) => fc.constantFrom('', '\0', '\ud800', '\udfff', '\ud83d\ude00').map((tail) => head + tail));

describe('text', () => {
  it('takes exactly what can be stored and hashed', () => {
    fc.assert(
      fc.property(anyText, (value) => expect(text(1_000).safeParse(value).success).toBe(isStorable(value))),
    );
  });

  it('keeps its bounds', () => {
    expect(text(3).safeParse('abcd').success).toBe(false);
    expect(text(3).safeParse('').success).toBe(true);
    expect(text(3, 1).safeParse('').success).toBe(false);
  });
});

describe('mendedText', () => {
  it('takes any text and answers one that can be stored, of the same length', () => {
    fc.assert(
      fc.property(anyText, (value) => {
        const mended = mendedText(1_000).parse(value);
        expect(isStorable(mended)).toBe(true);
        expect(mended).toHaveLength(value.length);
        if (isStorable(value)) expect(mended).toBe(value);
      }),
    );
  });

  it('keeps the result of an attempt whose command printed binary', () => {
    const commands = [{ name: 'tests', outcome: 'failed', exitCode: 1, durationMs: 5, tail: 'a\0\ud800' }];
    const parsed = CompleteAttempt.parse({
      generation: 1,
      outcome: 'succeeded',
      result: { kind: 'commands', commands },
    });
    expect(parsed).toMatchObject({ result: { commands: [{ tail: 'a\ufffd\ufffd' }] } });
  });
});
