import { describe, expect, it } from '@jest/globals';
import { codeOf } from './code.js';

describe('codeOf', () => {
  it('reads the code of a fragment and nothing else', () => {
    expect(codeOf('#code=abc-123')).toBe('abc-123');
    expect(codeOf('#x=1&code=a%2Bb')).toBe('a+b');
    for (const none of ['', '#', '#code=', '#code=%20', '#section']) expect(codeOf(none)).toBe(null);
  });
});
