import type { CommandOutcome, TestRuns } from '@gatehouse/contracts';

export interface CommandsResult {
  readonly kind: 'commands';
  readonly commands: CommandOutcome[];
  readonly image: string | null;
  readonly tests: TestRuns | null;
}

/** The plane takes a document of 1 MiB; some of it is around the result. */
const mostBytes = 900 * 1024;

const cut = (outcomes: readonly CommandOutcome[], most: number): CommandOutcome[] =>
  outcomes.map((outcome) => ({
    ...outcome,
    tail: most === 0 ? '' : outcome.tail.slice(-most).replace(/^[\udc00-\udfff]/, ''),
  }));

const shortened = ({ commands, tests, ...rest }: CommandsResult, most: number): CommandsResult => ({
  ...rest,
  commands: cut(commands, most),
  tests: tests && {
    ...tests,
    base: cut(tests.base, most),
    restored: tests.restored.map((list) => cut(list, most)),
    reverted: tests.reverted && {
      ...tests.reverted,
      whole: cut(tests.reverted.whole, most),
      // Only warnings hang on these; what is left out is counted.
      hunks: most === 0 ? [] : tests.reverted.hunks,
      left: tests.reverted.left + (most === 0 ? tests.reverted.hunks.length : 0),
    },
  },
});

/** The result with as much of every output as fits: what a command prints must not keep its outcome from arriving. */
export const fitting = (result: CommandsResult): CommandsResult => {
  for (const most of [8000, 2000, 400]) {
    const tried = shortened(result, most);
    if (Buffer.byteLength(JSON.stringify(tried)) <= mostBytes) return tried;
  }
  return shortened(result, 0);
};
