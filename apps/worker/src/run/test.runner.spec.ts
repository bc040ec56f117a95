import { describe, expect, it } from '@jest/globals';
import type { Command, CommandOutcome } from '@gatehouse/contracts';
import { TestRunner } from './test.runner.js';

const tests: Command = { name: 'tests', run: 'x', timeout: '1m', tests: true };

/** Ends as told, one word for each run; every run takes a tenth of the time. */
const running = (ends: CommandOutcome['outcome'][], reruns: number, leftMs = 1000) => {
  const folders: string[] = [];
  const runner = {
    get leftMs() {
      return Math.max(0, leftMs - folders.length * 100);
    },
    run: ({ name }: Command, folder: string): Promise<CommandOutcome> => {
      folders.push(folder);
      const outcome = ends[folders.length - 1] ?? 'passed';
      return Promise.resolve({ name, outcome, exitCode: null, durationMs: 1, tail: '' });
    },
  };
  const workspaces = {
    with: <Answer>(_: unknown, use: (folder: string) => Promise<Answer>, { last = false } = {}) =>
      use(last ? 'original' : `copy ${folders.length}`),
  };
  const keeper = { signal: new AbortController().signal };
  return { folders, runs: new TestRunner(runner, workspaces, keeper, reruns) };
};

describe('TestRunner', () => {
  it.each<[CommandOutcome['outcome'][], number, CommandOutcome['outcome'][] | undefined]>([
    [['passed'], 3, undefined],
    [['failed', 'failed', 'failed', 'failed'], 3, ['failed', 'failed', 'failed']],
    [['failed', 'passed', 'failed'], 3, ['passed']],
    [['failed', 'failed', 'passed'], 3, ['failed', 'passed']],
    [['failed', 'timeout', 'error'], 2, ['timeout', 'error']],
    [['failed'], 0, undefined],
    // A hang takes its whole time again each time.
    [['timeout'], 3, undefined],
    [['error'], 3, undefined],
  ])('of runs that end as %j, with %d more, keeps %j', async (ends, reruns, again) => {
    const { runs, folders } = running(ends, reruns);
    const outcome = await runs.run(tests, []);
    expect(outcome.outcome).toBe(ends[0]);
    expect(outcome.again).toEqual(again);
    expect(new Set(folders).size).toBe(folders.length);
  });

  it('runs again only what runs tests, and only while there is time', async () => {
    const { tests: _, ...lint } = tests;
    expect((await running(['failed'], 3).runs.run(lint, [])).again).toBeUndefined();
    expect((await running(Array(9).fill('failed'), 9, 300).runs.run(tests, [])).again).toEqual([
      'failed',
      'failed',
    ]);
  });

  it('gives the original away only to what surely runs once', async () => {
    const { tests: _, ...lint } = tests;
    const once = running([], 3);
    await once.runs.run(lint, [], { last: true });
    expect(once.folders).toEqual(['original']);
    const often = running([], 3);
    await often.runs.run(tests, [], { last: true });
    expect(often.folders).toEqual(['copy 0']);
  });
});
