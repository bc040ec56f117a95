import { describe, expect, it } from '@jest/globals';
import { cleanText, OutputTail } from './output.tail.js';

describe('tail of an output', () => {
  it('keeps the end, bounded, whatever the chunks', () => {
    const tail = new OutputTail();
    for (let i = 0; i < 5000; i++) tail.push(Buffer.from(`line ${i}\n`));
    expect(tail.text().length).toBeLessThanOrEqual(8000);
    expect(tail.text().endsWith('line 4999\n')).toBe(true);
  });

  it('never holds what JSON or a database refuses', () => {
    const tail = new OutputTail();
    tail.push(Buffer.from('x'.repeat(1) + '\u{1f600}'.repeat(4000) + '\0'));
    expect(tail.text()).not.toMatch(/\0|^[\udc00-\udfff]/);
    expect(cleanText('\udc00a\ud800')).toBe('a');
  });
});
