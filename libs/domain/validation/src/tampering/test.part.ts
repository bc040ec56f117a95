import { takenPath } from '../names.js';
import type { RawPath } from '@gatehouse/policy';
import { isTestFile } from '../tests/test-files.js';
import { asserts } from './test.mark.js';

/** In some languages tests stand in the file of the code that they test. */
const besides: readonly (readonly [ending: RegExp, begins: RegExp])[] = [
  [/\.rs$/, /^\s*#\[\s*(?:cfg\s*\(\s*(?:all\s*\()?\s*test\b|(?:\w+\s*::\s*)*test\s*[\](])/],
  [/\.[cm]?[jt]sx?$/, /^\s*if\s*\(\s*import\s*\.\s*meta\s*\.\s*vitest\b/],
  [/\.zig$/, /^\s*test\s+["{]/],
  [/\.d$/, /^\s*unittest\b/],
];

/** From which line on a text is about tests, from 1; null where it is not. */
export const testsFrom = (path: RawPath, lines: readonly string[]): number | null => {
  if (isTestFile(path)) return 1;
  const taken = takenPath(path);
  const begins = besides.find(([ending]) => ending.test(taken))?.[1];
  const at = begins === undefined ? -1 : lines.findIndex((line) => line.length <= 2000 && begins.test(line));
  return at < 0 ? null : at + 1;
};

const declarations: readonly (readonly [ending: RegExp, line: RegExp])[] = [
  [
    /\.(?:[cm]?[jt]sx?|vue|svelte)$/,
    /(?:^|[\s;(])(?:it|test|specify|bench)(?:\s*\.\s*(?:each|for|concurrent|serial|sequential|prop)\b)*\s*(?:<[^>]{0,100}>)?\s*[(`]/,
  ],
  [/\.py$/, /^\s*(?:async\s+)?def\s+test\w*\s*\(/],
  [/\.go$/, /^func\s+(?:\([^)]{0,100}\)\s*)?(?:Test|Fuzz|Example)\w*\s*\(/],
  [/\.rs$/, /#\[\s*(?:(?:\w+\s*::\s*)*test\b|rstest\b|test_case\b|quickcheck\b)/],
  [/\.(?:java|kt|kts|groovy|scala)$/, /@(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Property)\b/],
  [/\.(?:cs|fs)$/, /^\s*\[\s*(?:<\s*)?(?:Fact|Theory|Test|TestCase|TestMethod|DataTestMethod)\b/],
  [/\.(?:rb|ex|exs)$/, /^\s*(?:it|specify|scenario|test|example)\s*[("']|^\s*def\s+test_/],
  [/\.php$/, /function\s+test\w|@test\b|#\[\s*Test\b/],
  [/\.swift$/, /\bfunc\s+test\w|@Test\b/],
  [
    /\.(?:c|cc|cpp|cxx|m|mm)$/,
    /^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST|TEST_CASE|SCENARIO|BOOST_AUTO_TEST_CASE)\s*\(/,
  ],
  [/\.zig$/, /^\s*test\s+["{]/],
  [/\.dart$/, /^\s*(?:test|testWidgets)\s*\(/],
  [/\.bats$/, /^\s*@test\b/],
];

const count = (text: string, part: string): number => text.split(part).length - 1;

/** Ends of a comment over several lines, by what it began with. */
const blocks = (line: string, python: boolean): string | null => {
  const trimmed = line.trimStart();
  if (python) {
    for (const quotes of ['"""', "'''"]) if (count(line, quotes) % 2 === 1) return quotes;
    return null;
  }
  if (trimmed.startsWith('=begin')) return '=end';
  if (/^#\s*if\s+0\b/.test(trimmed)) return '#endif';
  const at = line.lastIndexOf('/*');
  if (at < 0 || line.includes('*/', at + 2)) return null;
  // In a string it is part of a pattern for paths.
  return trimmed.startsWith('/*') || !/["'`]/.test(line.slice(at)) ? '*/' : null;
};

const isComment = /^\s*(?:\/\/|#(?![[!])|--\s|\*\s)/;

/** Lines that are no comment, also none over several lines. */
const heard = (lines: readonly string[], python: boolean): string[] => {
  let until: string | null = null;
  return lines.filter((line) => {
    if (line.length > 2000) return false;
    if (until !== null) {
      if (line.includes(until)) until = null;
      return false;
    }
    until = blocks(line, python);
    return !isComment.test(line);
  });
};

export interface Counted {
  /** Lines that assert something. */
  readonly assertions: number;
  /** Lines that declare a test. */
  readonly tests: number;
}

const none: Counted = { assertions: 0, tests: 0 };

/** A line that declares a test in a file of this name. */
export const declares = (path: RawPath): ((line: string) => boolean) => {
  const taken = takenPath(path);
  const line = declarations.find(([ending]) => ending.test(taken))?.[1];
  return (text) => line !== undefined && text.length <= 2000 && line.test(text);
};

/** What the tests of a text come to; what is commented out counts as gone. */
export const countTests = (path: RawPath, text: string): Counted => {
  const lines = text.split('\n');
  const from = testsFrom(path, lines);
  if (from === null) return none;
  const declaring = declares(path);
  let [assertions, tests] = [0, 0];
  for (const line of heard(lines.slice(from - 1), /\.pyi?$/.test(takenPath(path)))) {
    if (asserts(line)) assertions += 1;
    if (declaring(line)) tests += 1;
  }
  return { assertions, tests };
};
