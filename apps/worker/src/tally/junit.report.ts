import type { TestCounts } from '@gatehouse/contracts';

interface Tag {
  readonly name: string;
  readonly kind: 'open' | 'close' | 'empty';
}

/** End of the tag that begins at `from`, quoted text in it passed over; -1 where it has none. */
const tagEnd = (text: string, from: number): number => {
  for (let at = from; at < text.length; at++) {
    const char = text[at];
    if (char === '>') return at;
    if (char === '"' || char === "'") {
      at = text.indexOf(char, at + 1);
      if (at < 0) return -1;
    }
  }
  return -1;
};

/** What is no element, with its end. */
const passedOver = [
  ['<!--', '-->'],
  ['<![CDATA[', ']]>'],
  ['<?', '?>'],
] as const;

/** Every tag in order; null where the text ends within one. Each character is looked at once. */
const tagsOf = (text: string): Tag[] | null => {
  const tags: Tag[] = [];
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    const other = passedOver.find(([begin]) => text.startsWith(begin, at));
    const end = other ? text.indexOf(other[1], at + other[0].length) : tagEnd(text, at + 1);
    if (end < 0) return null;
    if (other === undefined) {
      const name = /^\/?([A-Za-z_][\w.:-]{0,80})/.exec(text.slice(at + 1, at + 90))?.[1];
      const kind = text[at + 1] === '/' ? 'close' : text[end - 1] === '/' ? 'empty' : 'open';
      if (name !== undefined) tags.push({ name: name.toLowerCase(), kind });
    }
    at = end + (other?.[1].length ?? 1);
  }
  return tags;
};

/**
 * Counts the test cases of a JUnit XML report. The totals that its suites name are not believed: they are written by
 * hand in places, and every runner means something else by them. Null where it is no such report.
 */
export const readJUnit = (text: string): TestCounts | null => {
  const tags = tagsOf(text);
  if (tags === null || !tags.some(({ name }) => name === 'testsuite' || name === 'testsuites')) return null;
  const counts = { passed: 0, failed: 0, skipped: 0 };
  let ending: keyof typeof counts | null = null;
  for (const { name, kind } of tags) {
    if (name === 'testcase') {
      if (kind === 'open') ending = 'passed';
      else {
        counts[kind === 'empty' ? 'passed' : (ending ?? 'passed')] += 1;
        ending = null;
      }
    } else if (ending !== null && kind !== 'close') {
      if (name === 'failure' || name === 'error') ending = 'failed';
      else if (name === 'skipped' && ending === 'passed') ending = 'skipped';
    }
  }
  return { ...counts, format: 'junit' };
};
