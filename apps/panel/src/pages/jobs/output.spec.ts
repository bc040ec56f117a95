import { describe, expect, it } from '@jest/globals';
import { beginAt, isAtEnd, tailBytes } from './output.js';

describe('output', () => {
  it('reads only the end of a long output, unless told', () => {
    expect(beginAt(tailBytes, false)).toBe(0);
    expect(beginAt(tailBytes + 100, false)).toBe(100);
    expect(beginAt(tailBytes + 100, true)).toBe(0);
  });

  it('knows when the reader left the end', () => {
    expect(isAtEnd({ scrollTop: 480, scrollHeight: 800, clientHeight: 320 })).toBe(true);
    expect(isAtEnd({ scrollTop: 400, scrollHeight: 800, clientHeight: 320 })).toBe(false);
  });
});
