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
 * The first command of a comment: `/gatehouse` at the very beginning of a line. What is quoted, indented, in a code
 * block or in an HTML comment is somebody else's word or an example, and none. Pure, and linear in the text.
 */
export const commandOf = (comment: string): Command | undefined => {
  let fenced: string | undefined;
  let hidden: string | undefined;
  const lines = comment.split(/\r\n|\r|\n/);
  for (const [at, line] of lines.entries()) {
    const mark = fence.exec(line)?.[1];
    if (fenced !== undefined) {
      if (mark !== undefined && mark[0] === fenced[0] && mark.length >= fenced.length && isBare(line, mark))
        fenced = undefined;
      continue;
    }
    if (hidden !== undefined) {
      if (line.toLowerCase().includes(hidden)) hidden = undefined;
      continue;
    }
    if (mark !== undefined && !(mark.startsWith('`') && line.trimStart().slice(mark.length).includes('`'))) {
      fenced = mark;
      continue;
    }
    const given = opening.exec(line)?.[1];
    if (given !== undefined) return readCommand(given.trim(), lines.slice(at + 1));
    hidden = opens(line);
  }
  return undefined;
};

/** A fence ends with nothing behind it. */
const isBare = (line: string, mark: string): boolean => line.trimStart().slice(mark.length).trim() === '';

/** What a line begins and does not end, by its end: an HTML comment, or a quotation or code written as HTML. */
const opens = (line: string): string | undefined => {
  const from = line.lastIndexOf('<!--');
  if (from >= 0 && !line.includes('-->', from + 4)) return '-->';
  const shown = line.toLowerCase().replace(/`[^`]*`/g, '');
  return ['pre', 'blockquote', 'code'].map((name) => `</${name}`).find((end) => opensTag(shown, end));
};

const opensTag = (line: string, end: string): boolean => {
  const from = line.lastIndexOf(end.replace('/', ''));
  return (
    from >= 0 &&
    /^[\s>]|^$/.test(line.slice(from + end.length - 1, from + end.length)) &&
    !line.includes(end, from)
  );
};

const readCommand = (given: string, below: readonly string[]): Command | undefined => {
  const word = /^[^\s:,]*/.exec(given)?.[0] ?? '';
  const verb = word.toLowerCase();
  if (isVerb(verb)) return { verb, text: given.slice(word.length).replace(/^[\s:,]+/, '') };
  const text = [given, ...below].join('\n').trim();
  return text === '' ? undefined : { verb: 'change', text };
};
