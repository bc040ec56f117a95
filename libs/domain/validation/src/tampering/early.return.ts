import type { AddedLine } from '../changed.files.js';

/** A plain return that answers nothing: what follows it is not run. */
const plain =
  /^\s*return\s*(?:;|$|(?:undefined|null|true|None|nil|Promise\s*\.\s*resolve\s*\(\s*\))\s*;?\s*$)/;
/** The line begins with a test or a group of them. */
const isTest =
  /^\s*(?:(?:it|test|describe|context|suite|specify|bench)\b|(?:async\s+)?def\s+test|func\s+(?:\([^)]{0,100}\)\s*)?(?:Test|Fuzz|test)|(?:public\s+)?function\s+test|\w+\.Run\s*\()/;
/** Its body is on the lines that follow. */
const goesOn = /(?:\{|:|\bdo|\|)$/;
/** The body returns in that very line, with more behind it. */
const returnsThere = /[{:]\s*return\s*(?:;|undefined\b|None\b)\s*[^}\s]|:\s*return$/;
const closes =
  /^\s*(?:[})\]]|case\b|default\b|else\b|elif\b|end\b|when\b|rescue\b|except\b|finally\b|catch\b)/;
const blank = /^\s*(?:$|\/\/|#|\*|\/\*)/;
/** Without braces the return alone hangs on it. */
const condition = /^\s*(?:\}?\s*else\b|if\b|for\b|while\b)/;
const maxLook = 20;
const maxLine = 500;

const indent = (line: string): number => line.length - line.trimStart().length;

/** The next line with code in it, in one direction. */
const near = (lines: readonly string[], from: number, step: 1 | -1): string | null => {
  for (let at = from; at >= 0 && at < lines.length && Math.abs(at - from) < maxLook; at += step)
    if (!blank.test(lines[at]!)) return lines[at]!.slice(0, maxLine).trimEnd();
  return null;
};

/** The line is added and ends a test before it proves anything: at its top, or with code behind it that never runs. */
export const returnsEarly = ({ number, text }: AddedLine, lines: readonly string[]): boolean => {
  if (text.length > maxLine || !text.includes('return')) return false;
  if (isTest.test(text) && returnsThere.test(text.trimEnd())) return true;
  if (!plain.test(text)) return false;
  const [before, after] = [near(lines, number - 2, -1), near(lines, number, 1)];
  if (after === null || closes.test(after)) return false;
  if (before !== null && isTest.test(before) && goesOn.test(before)) return true;
  const hangs = before !== null && condition.test(before) && /(?:\)|\belse)$/.test(before);
  return indent(after) === indent(text) && !hangs;
};
