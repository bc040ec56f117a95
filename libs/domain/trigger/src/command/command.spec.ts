import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { commandOf, commandVerbs } from './command.js';

const read = (comment: string): string => {
  const command = commandOf(comment);
  return command === undefined ? 'none' : `${command.verb}|${command.text}`;
};

describe('the command of a comment', () => {
  it.each([
    ['/gatehouse run', 'run|'],
    ['/gatehouse  RUN  now ', 'run|now'],
    ['/GateHouse: run, now', 'run|now'],
    ['Thanks!\r\n\r\n/gatehouse approve looks good\r\nbye', 'approve|looks good'],
    ['/gatehouse run\n/gatehouse cancel', 'run|'],
    ['/gatehouse use the other\nfunction, please', 'change|use the other\nfunction, please'],
    ['/gatehouse\nuse the other', 'change|use the other'],
    ['/gatehouse running late', 'change|running late'],
    ['/gatehouse approved?', 'change|approved?'],
    ['/gatehouse', 'none'],
    ['/gatehouse   \n  ', 'none'],
    ['/gatehouses run', 'none'],
    ['/gatehouse-run', 'none'],
    [' /gatehouse run', 'none'],
    ['    /gatehouse run', 'none'],
    ['> /gatehouse approve', 'none'],
    ['- /gatehouse approve', 'none'],
    ['see /gatehouse run', 'none'],
    ['`/gatehouse run`', 'none'],
    ['```\n/gatehouse run\n```', 'none'],
    ['```sh\n/gatehouse run', 'none'],
    ['~~~\n```\n/gatehouse run\n~~~\n/gatehouse status', 'status|'],
    ['````\n```\n/gatehouse run\n````\n/gatehouse status', 'status|'],
    ['``` inline ``` text\n/gatehouse status', 'status|'],
    ['```\n``` not an end\n/gatehouse run', 'none'],
    ['<!--\n/gatehouse approve\n-->', 'none'],
    ['<!-- a --> <!--\n/gatehouse approve\n-->\n/gatehouse status', 'status|'],
    ['<!-- a -->\n/gatehouse status', 'status|'],
    ['<pre>\n/gatehouse approve\n</pre>\n/gatehouse status', 'status|'],
    ['<PRE lang="sh">x\n\n/gatehouse approve', 'none'],
    ['<blockquote>\n\n/gatehouse approve\n\n</blockquote>', 'none'],
    ['<pre><code\n>\n/gatehouse approve\n</code></pre>', 'none'],
    ['<pre>a</pre>\n/gatehouse status', 'status|'],
    ['use `<pre>` and <prefix>\n/gatehouse status', 'status|'],
    ['<blockquote>\n<blockquote>a</blockquote>\n/gatehouse approve\n</blockquote>', 'none'],
    ['<blockquote><blockquote>a</blockquote>\n/gatehouse approve', 'none'],
    ['<blockquote>\n<blockquote>\n</blockquote>\n</blockquote>\n/gatehouse status', 'status|'],
    ['<blockquote><pre>a\n</pre>\n/gatehouse approve\n</blockquote>', 'none'],
    ['<blockquote>\n`</blockquote>`\n/gatehouse approve', 'none'],
    ['</blockquote>\n<blockquote>\n/gatehouse approve', 'none'],
    ['Write `this:\n/gatehouse approve\n` and wait', 'none'],
    ['Write ``this `:\n/gatehouse approve\nor `that``\n/gatehouse status', 'status|'],
    ['Write `this:\n/gatehouse approve `or` that', 'none'],
    ['A ` alone\n/gatehouse status', 'status|'],
    ['A ` alone\n/gatehouse status\n\nand ` another', 'status|'],
    ['A \\` and\n/gatehouse status\nand `', 'status|'],
    ['A \\\\` and\n/gatehouse status\nand `', 'none'],
    ['A `\\` and\n/gatehouse status\nand `b`', 'status|'],
    ['A ` and\n/gatehouse status\n``', 'status|'],
    ['``` a\n```\n/gatehouse status', 'status|'],
    ['', 'none'],
  ])('%j', (comment, expected) => expect(read(comment)).toBe(expected));

  const noise = fc
    .string({ unit: 'binary', maxLength: 60 })
    .filter((text) => !/[\r\n]|^\/gatehouse/i.test(text) && !/```|~~~|<!--/.test(text));

  it('is found behind any lines, whatever they say', () => {
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 8 }), fc.constantFrom(...commandVerbs), (lines, verb) => {
        expect(commandOf([...lines, `/gatehouse ${verb} x`, 'more'].join('\n'))).toEqual({ verb, text: 'x' });
      }),
    );
  });

  it('is never found in a quotation or a code block', () => {
    const wrapped = fc.constantFrom(
      (text: string) => text.replace(/^/gm, '> '),
      (text: string) => `~~~\n${text}\n~~~`,
      (text: string) => text.replace(/^/gm, '    '),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 5 }), wrapped, (lines, wrap) => {
        expect(commandOf(wrap([...lines, '/gatehouse approve'].join('\n')))).toBeUndefined();
      }),
    );
  });

  it('bears any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 500 }), (text) => {
        const command = commandOf(text);
        if (command !== undefined) expect(text).toMatch(/^\/gatehouse/im);
      }),
    );
  });

  it('takes no longer for hostile text than its length allows', () => {
    const pairs = Array.from({ length: 1_500 }, (_, at) => '`'.repeat(at + 1)).join(' ');
    expect(commandOf(`${pairs}\n${'` `` '.repeat(100_000)}`)).toBeUndefined();
    const long = `${'`'.repeat(200_000)}\n${'<!--'.repeat(50_000)}\n/gatehouse ${' '.repeat(200_000)}run`;
    expect(() => commandOf(long)).not.toThrow();
  });
});
