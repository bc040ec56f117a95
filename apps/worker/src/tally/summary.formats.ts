/** What one line of output adds to the count of its format. */
export interface Added {
  readonly passed?: number;
  readonly failed?: number;
  readonly skipped?: number;
  /** All that were listed, where the line does not say how many of them passed. */
  readonly total?: number;
}

export interface SummaryFormat {
  readonly name: string;
  /** Null where the line is none of this format's. A line that adds nothing still says that the format is there. */
  readonly read: (line: string) => Added | null;
  /** Another format that counts the same tests and is to be preferred where both are there. */
  readonly insteadOf?: readonly string[];
}

const words: Readonly<Record<string, keyof Added>> = {
  passed: 'passed',
  xpassed: 'passed',
  failed: 'failed',
  fail: 'failed',
  error: 'failed',
  errors: 'failed',
  skipped: 'skipped',
  ignored: 'skipped',
  todo: 'skipped',
  pending: 'skipped',
  // It ran, and nobody looks at how it ended: the same as not run at all.
  xfailed: 'skipped',
};

/** Adds up `3 passed`, `1 failed`, … of a list; words that are no outcome (warnings, deselected) do not count. */
const listed = (text: string): Added => {
  const added = { passed: 0, failed: 0, skipped: 0 };
  for (const [, number, word] of text.matchAll(/(\d{1,9}) ([a-z]+)/g)) {
    const to = words[word ?? ''];
    if (to !== undefined && to !== 'total') added[to] += Number(number);
  }
  return added;
};

/** A format of one line: what the expression's groups mean, or a list in its first. */
const line =
  (pattern: RegExp, names: readonly (keyof Added)[] | 'list') =>
  (text: string): Added | null => {
    const found = pattern.exec(text);
    if (found === null) return null;
    if (names === 'list') return listed(found[1] ?? '');
    const added: Record<string, number> = {};
    names.forEach((name, i) => (added[name] = (added[name] ?? 0) + Number(found[i + 1] ?? 0)));
    return added;
  };

const firstOf =
  (...readers: readonly SummaryFormat['read'][]): SummaryFormat['read'] =>
  (text) => {
    for (const read of readers) {
      const added = read(text);
      if (added !== null) return added;
    }
    return null;
  };

/** `failures=1, errors=2, skipped=3` and the like, with counts under any of the given names. */
const named = (text: string, names: Readonly<Record<string, keyof Added>>): Added => {
  const added: Record<string, number> = {};
  for (const [, name, number] of text.matchAll(/([A-Za-z ]{1,40})[=:] ?(\d{1,9})/g)) {
    const to = names[(name ?? '').trim().toLowerCase()];
    if (to !== undefined) added[to] = (added[to] ?? 0) + Number(number);
  }
  return added;
};

const unittestWords = {
  failures: 'failed',
  errors: 'failed',
  'unexpected successes': 'failed',
  skipped: 'skipped',
  'expected failures': 'skipped',
} as const;
const phpunitWords = {
  tests: 'total',
  failures: 'failed',
  errors: 'failed',
  skipped: 'skipped',
  incomplete: 'skipped',
} as const;

const goEndings: Readonly<Record<string, Added>> = {
  pass: { passed: 1 },
  fail: { failed: 1 },
  skip: { skipped: 1 },
};

/** The words of the runners that people use, each as the runner prints them at the end of a run. */
export const summaryFormats: readonly SummaryFormat[] = [
  {
    name: 'node',
    insteadOf: ['tap'],
    read: firstOf(
      line(/^(?:#|ℹ) +pass +(\d{1,9})$/, ['passed']),
      line(/^(?:#|ℹ) +(?:fail|cancelled) +(\d{1,9})$/, ['failed']),
      line(/^(?:#|ℹ) +(?:skip|skipped|todo) +(\d{1,9})$/, ['skipped']),
    ),
  },
  {
    name: 'jest',
    read: line(/^Tests: +((?:\d{1,9} [a-z]+, )*)\d{1,9} total$/, 'list'),
  },
  {
    name: 'vitest',
    read: line(/^ *Tests {2,}((?:\d{1,9} [a-z]+(?: \| )?)+)(?: \(\d{1,9}\))?$/, 'list'),
  },
  {
    name: 'mocha',
    read: firstOf(
      line(/^ *(\d{1,9}) passing \(\d+\w+\)$/, ['passed']),
      line(/^ *(\d{1,9}) pending$/, ['skipped']),
      line(/^ *(\d{1,9}) failing$/, ['failed']),
    ),
  },
  {
    name: 'pytest',
    read: firstOf(
      line(/^(?:=+ )?((?:\d{1,9} [a-z]+(?:, )?)+) in [\d.]+s\b/, 'list'),
      line(/^(?:=+ )?no tests ran in /, []),
    ),
  },
  {
    name: 'unittest',
    read: firstOf(line(/^Ran (\d{1,9}) tests? in /, ['total']), (text) =>
      /^(?:OK|FAILED) \([a-z]/.test(text) && text.includes('=') ? named(text, unittestWords) : null,
    ),
  },
  {
    name: 'go',
    insteadOf: ['go packages'],
    read: (text) => {
      const found =
        /^ *--- (PASS|FAIL|SKIP): /.exec(text) ??
        (text.startsWith('{"') && text.includes('"Test":"')
          ? /"Action":"(pass|fail|skip)"/.exec(text)
          : null);
      return found === null ? null : (goEndings[(found[1] ?? '').toLowerCase()] ?? null);
    },
  },
  {
    name: 'go packages',
    read: firstOf(
      line(/^\? +\t?.*\[no test files\]$/, []),
      line(/^ok +\t.*\[no tests to run\]$/, []),
      (text) => (/^ok +\t/.test(text) ? { passed: 1 } : /^FAIL\t/.test(text) ? { failed: 1 } : null),
    ),
  },
  {
    name: 'cargo',
    read: line(/^test result: \w+\. (\d{1,9}) passed; (\d{1,9}) failed; (\d{1,9}) ignored/, [
      'passed',
      'failed',
      'skipped',
    ]),
  },
  { name: 'nextest', read: line(/^ *Summary \[[^\]]{1,40}\] +[\d/]+ tests? run: (.*)$/, 'list') },
  {
    name: 'maven',
    read: (text) => {
      const found =
        /^(?:\[[A-Z]+\] +)?Tests run: (\d{1,9}), Failures: (\d{1,9}), Errors: (\d{1,9}), Skipped: (\d{1,9})$/.exec(
          text,
        );
      if (found === null) return null;
      const [total = 0, failures = 0, errors = 0, skipped = 0] = found.slice(1).map(Number);
      return { total, failed: failures + errors, skipped };
    },
  },
  {
    name: 'rspec',
    read: line(/^(\d{1,9}) examples?, (\d{1,9}) failures?(?:, (\d{1,9}) pending)?/, [
      'total',
      'failed',
      'skipped',
    ]),
  },
  {
    name: 'phpunit',
    read: (text) => {
      const ok = /^OK \((\d{1,9}) tests?, /.exec(text);
      if (ok !== null) return { total: Number(ok[1]) };
      return /^Tests: \d{1,9}, Assertions: /.test(text) ? named(text, phpunitWords) : null;
    },
  },
  {
    name: 'dotnet',
    read: line(/Failed: +(\d{1,9}), Passed: +(\d{1,9}), Skipped: +(\d{1,9}), Total:/, [
      'failed',
      'passed',
      'skipped',
    ]),
  },
];
