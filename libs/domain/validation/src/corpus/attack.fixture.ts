import type { PolicyRules } from '@gatehouse/contracts';
import { createHash } from 'node:crypto';
import type { Corpus } from './corpus.fixture.js';

/** One thing that somebody may hand in, and what must come of it. */
export interface Attack {
  readonly name: string;
  readonly patch: (corpus: Corpus) => Buffer | string;
  /**
   * Reasons of which one must be given; `tree`: it must lead to the tree that git's own apply makes of it;
   * `noop`: it changes nothing.
   */
  readonly ends: string | readonly string[];
  /** Not refused: nothing blocks, and that reason asks a person. */
  readonly asks?: true;
  /** How many findings must give that reason; 1 when left out. */
  readonly count?: number;
  /** Without them all is permitted that policy can permit. */
  readonly rules?: PolicyRules;
}

/** Texts are latin1 throughout, one character for each byte. */
export const blobId = (content: string | Buffer): string => {
  const bytes = Buffer.from(content as string, 'latin1');
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
};

export const zeros = '0'.repeat(40);

/** A name as git writes it with core.quotePath. */
export const quoted = (name: string): string => {
  const escape = (char: string): string =>
    char === '"' || char === '\\' ? `\\${char}` : `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`;
  const letters: Record<string, string> = {
    '\t': '\\t',
    '\n': '\\n',
    '\r': '\\r',
    '\x07': '\\a',
    '\b': '\\b',
    '\v': '\\v',
    '\f': '\\f',
  };
  // eslint-disable-next-line no-control-regex
  const text = name.replace(/[\0-\x1f"\\\x7f-\xff]/g, (char) => letters[char] ?? escape(char));
  return text === name ? name : `"${text}"`;
};

const label = (prefix: string, path: string): string => {
  const name = quoted(`${prefix}${path}`);
  return name.includes(' ') ? `${name}\t` : name;
};

/** A new file, as git would write it; `path` is raw. */
export const add = (path: string, content = 'x\n', mode = '100644'): string => {
  const head = `diff --git ${quoted(`a/${path}`)} ${quoted(`b/${path}`)}\nnew file mode ${mode}\n`;
  const index = `index ${zeros}..${mode === '160000' ? content : blobId(content)}\n`;
  if (content === '') return head + index;
  const text = mode === '160000' ? `Subproject commit ${content}\n` : content;
  const all = text.split('\n');
  const whole = text.endsWith('\n');
  const count = whole ? all.length - 1 : all.length;
  const body = all
    .slice(0, count)
    .map((line) => `+${line}\n`)
    .join('');
  const end = whole ? '' : '\\ No newline at end of file\n';
  return `${head}${index}--- /dev/null\n+++ ${label('b/', path)}\n@@ -0,0 +1${count === 1 ? '' : `,${count}`} @@\n${body}${end}`;
};

/** A file of the base deleted. */
export const remove = (path: string, content: string, mode = '100644'): string =>
  add(path, content, mode)
    .replace('new file mode', 'deleted file mode')
    .replace(/^index (\w+)\.\.(\w+)$/m, 'index $2..$1')
    .replace(/^--- \/dev\/null\n\+\+\+ b\/(.*)$/m, '--- a/$1\n+++ /dev/null')
    .replace(/^@@ -0,0 \+(\S+) @@$/m, '@@ -$1 +0,0 @@')
    .replace(/^\+(?!\+\+ )/gm, '-');
