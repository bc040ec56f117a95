import type { Command, EffectivePolicy } from '@gatehouse/contracts';
import { globSet, type RawPath } from '@gatehouse/policy';
import type { ChangeEntry } from '../facts.js';

/** What is to be found out about the test commands of one candidate. */
export interface TestPlan {
  readonly commands: readonly Command[];
  /** For each different set that the lists of the policy mean here: changed test files, to be as in the base. */
  readonly restore: readonly (readonly RawPath[])[];
  /** Changed test files of which there is a new side. */
  readonly changed: readonly RawPath[];
  /** What else changed and could be noticed by a test. */
  readonly undo: readonly RawPath[];
}

/** Read by people alone: no test notices when it is undone, and none has to. */
const prose = globSet([
  '**/*.md',
  '**/*.mdx',
  '**/*.rst',
  '**/*.adoc',
  '**/*.txt',
  '**/LICENSE',
  '**/LICENSE.*',
  '**/NOTICE',
  '**/AUTHORS',
  '**/CODEOWNERS',
]);

const none = '000000';

/** Null where no command runs tests. */
export const testPlan = (
  { commands, tests }: Pick<EffectivePolicy, 'commands' | 'tests'>,
  entries: readonly ChangeEntry[],
): TestPlan | null => {
  const own = commands.filter((command) => command.tests !== undefined);
  if (own.length === 0) return null;
  const lists = tests.files.map((list) => {
    const files = globSet(list);
    return entries.map(({ path }) => path).filter((path) => files.match(path) !== null);
  });
  const distinct = new Map(
    lists.filter((paths) => paths.length > 0).map((paths) => [JSON.stringify(paths), paths]),
  );
  const isTest = new Set(lists.flat());
  return {
    commands: own,
    restore: [...distinct.values()],
    changed: entries
      .filter(({ path, newMode }) => isTest.has(path) && newMode !== none)
      .map(({ path }) => path),
    undo: entries.map(({ path }) => path).filter((path) => !isTest.has(path) && prose.match(path) === null),
  };
};

/** Whether undoing the change can tell anything: there are tests that came with it, and something they are about. */
export const mayUndo = ({ changed, undo }: TestPlan): boolean => changed.length > 0 && undo.length > 0;
