import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isTooDeep, maxPayloadDepth } from './json.depth.js';
import { parseBody } from './reading.js';

const nested = (depth: number, [open, close]: readonly [string, string], inside = ''): Buffer =>
  Buffer.from(`${open.repeat(depth)}${inside}${close.repeat(depth)}`);
const kinds = [
  ['[', ']'],
  ['{"a":', '}'],
  ['[{"[":', '}]'],
] as const;

describe('the depth of a payload', () => {
  it.each(kinds)('ends at 200 levels of %s', (open, close) => {
    const levels = open.length === 6 ? maxPayloadDepth / 2 : maxPayloadDepth;
    const most = nested(levels, [open, close], '0');
    expect([isTooDeep(most), parseBody(most) === undefined]).toEqual([false, false]);
    const more = nested(levels + 1, [open, close], '0');
    expect([isTooDeep(more), parseBody(more)]).toEqual([true, undefined]);
  });

  it('is that of what is open at once, and not of what stands in strings', () => {
    const brackets = '[{'.repeat(maxPayloadDepth);
    for (const value of [brackets, `"${brackets}`, `\\${brackets}\\`, `\\"${brackets}`])
      expect(isTooDeep(Buffer.from(JSON.stringify({ [value]: [value] })))).toBe(false);
    expect(isTooDeep(Buffer.from(`[${'[{}],'.repeat(maxPayloadDepth)}0]`))).toBe(false);
    expect(isTooDeep(Buffer.from(`["a\\\\",${'['.repeat(maxPayloadDepth)}`))).toBe(true);
  });

  it('is asked of any bytes, and is never too much for JSON that is shallow', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expect(() => isTooDeep(bytes)).not.toThrow()),
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) =>
        expect(isTooDeep(Buffer.from(JSON.stringify(value)))).toBe(false),
      ),
    );
  });
});
