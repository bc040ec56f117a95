import { linesInCode } from './code.span.js';

export const commandVerbs = ['run', 'status', 'cancel', 'retry', 'approve', 'reject', 'triage'] as const;
export type CommandVerb = (typeof commandVerbs)[number];

/** What a comment says to Gatehouse. `change`: it names no command, and so asks for a change in words. */
export interface Command {
  readonly verb: CommandVerb | 'change';
  /** What follows: of a command the rest of its line, of a wish all to the end of the comment. */
  readonly text: string;
}

const fence = /^ {0,3}(`{3,}|~{3,})/;
const opening = /^\/gatehouse(?![^\s:,])[:,]?[ \t]*(.*)$/i;
const isVerb = (word: string): word is CommandVerb => (commandVerbs as readonly string[]).includes(word);

/**
 * The first command of a comment: `/gatehouse` at the very beginning of a line. What is quoted, indented, in code or
 * in an HTML comment is somebody else's word or an example, and none. Pure, and linear in the text.
 */
export const commandOf = (comment: string): Command | undefined => {
  let fenced: string | undefined;
  let isComment = false;
  const open = new Map<string, number>();
  const lines = comment.split(/\r\n|\r|\n/);
  const inCode = codeIn(lines);
  for (const [at, line] of lines.entries()) {
    const mark = fence.exec(line)?.[1];
    if (fenced !== undefined) {
      if (mark !== undefined && mark[0] === fenced[0] && mark.length >= fenced.length && isBare(line, mark))
        fenced = undefined;
      continue;
    }
    if (isComment) {
      isComment = !line.includes('-->');
      continue;
    }
    if (open.size === 0 && mark !== undefined && isFence(line, mark)) {
      fenced = mark;
      continue;
    }
    const given = open.size === 0 && !inCode.has(at) ? opening.exec(line)?.[1] : undefined;
    if (given !== undefined) return readCommand(given.trim(), lines.slice(at + 1));
    isComment = opensComment(line);
    followTags(line, open);
  }
  return undefined;
};

/** Backticks that begin a code block have none behind them. */
const isFence = (line: string, mark: string): boolean =>
  !(mark.startsWith('`') && line.trimStart().slice(mark.length).includes('`'));

/** A fence ends with nothing behind it. */
const isBare = (line: string, mark: string): boolean => line.trimStart().slice(mark.length).trim() === '';

/** Lines within inline code, which ends with its paragraph at the latest. */
const codeIn = (lines: readonly string[]): ReadonlySet<number> => {
  const within = new Set<number>();
  let from = 0;
  for (let at = 0; at <= lines.length; at += 1) {
    const line = lines[at] ?? '';
    const mark = fence.exec(line)?.[1];
    if (line.trim() !== '' && !(mark !== undefined && isFence(line, mark))) continue;
    for (const inside of linesInCode(lines.slice(from, at))) within.add(from + inside);
    from = at + 1;
  }
  return within;
};

const opensComment = (line: string): boolean => {
  const from = line.lastIndexOf('<!--');
  return from >= 0 && !line.includes('-->', from + 4);
};

const tag = /<(\/?)(pre|blockquote|code)(?=[\s>]|$)/gi;

/** How deep the text is in quotations and code that are written as HTML, behind this line. */
const followTags = (line: string, open: Map<string, number>): void => {
  for (const [, slash, name = ''] of line.replace(/`[^`]*`/g, '').matchAll(tag)) {
    const key = name.toLowerCase();
    const depth = (open.get(key) ?? 0) + (slash === '' ? 1 : -1);
    if (depth > 0) open.set(key, depth);
    else open.delete(key);
  }
};

const readCommand = (given: string, below: readonly string[]): Command | undefined => {
  const word = /^[^\s:,]*/.exec(given)?.[0] ?? '';
  const verb = word.toLowerCase();
  if (isVerb(verb)) return { verb, text: given.slice(word.length).replace(/^[\s:,]+/, '') };
  const text = [given, ...below].join('\n').trim();
  return text === '' ? undefined : { verb: 'change', text };
};
