import type { CommandOutcome, Finding } from '@gatehouse/contracts';
import { missing, type CommandGate } from '../gate.js';
import {
  about,
  decideWith,
  flaky,
  isDecision,
  isFlaky,
  outcomeOf,
  probed,
  ranOf,
} from '../tests/test.runs.js';

const how = ({ outcome, exitCode, tests }: CommandOutcome): string => {
  if (outcome === 'timeout') return 'does not end in time';
  const counted = tests ? `; ${tests.failed} failed, ${tests.passed} passed` : '';
  return `ends with exit code ${exitCode ?? 'unknown'}${counted}`;
};

interface Said {
  readonly known: Finding[];
  readonly unknown: Finding[];
}

const nothing: Said = { known: [], unknown: [] };

const known = (
  outcome: CommandOutcome,
  severity: Finding['severity'],
  code: string,
  message: string,
  next: string,
): Said => ({
  known: [about(outcome, { code, severity, message, next })],
  unknown: [],
});

const lost = (outcome: CommandOutcome, code: string, message: string, next: string): Said => ({
  known: [],
  unknown: [about(outcome, { code, severity: 'block', message, next })],
});

const regressed = (name: string, after: CommandOutcome, declared: boolean): Said =>
  declared
    ? known(
        after,
        'require_approval',
        'tests.regression_declared',
        `With the tests of the base, ${name} ${how(after)}; the job declared that.`,
        'A person has to confirm that the tests of the base are meant to fail.',
      )
    : known(
        after,
        'block',
        'tests.base_regressed',
        `With the tests of the base, ${name} ${how(after)} on this change; on the base it passes.`,
        'Make the tests pass as they were. Where the change is meant to break them, say so in validation.regressions of the job.',
      );

const sameOrBetter = (before: CommandOutcome, after: CommandOutcome): boolean | null => {
  if (!before.tests || !after.tests) return null;
  return after.tests.failed <= before.tests.failed && after.tests.passed >= before.tests.passed;
};

/** One command: on the base alone, and on the candidate with the tests of the base. */
const compare = (
  before: CommandOutcome,
  after: CommandOutcome,
  declared: boolean,
  fewerPercent: number,
): Said => {
  const { name } = after;
  if (isFlaky(after)) return { known: [], unknown: [flaky(after, ' with the tests of the base')] };
  if (after.outcome === 'error')
    return lost(
      after,
      'tests.base_not_run',
      `${name} could not be run to its end with the tests of the base.`,
      'Give the validation more time (limits.execution of the job), or judge the candidate again.',
    );
  if (after.outcome === 'passed') {
    const [was, is] = [ranOf(before), ranOf(after)];
    if (was === null || is === null || is >= was) return nothing;
    const message = `With the tests of the base, ${name} runs ${is} tests on this change; on the base it runs ${was}.`;
    const next = 'See why tests of the base do not run any more on this change.';
    return is < was * (1 - fewerPercent / 100)
      ? lost(after, 'tests.base_fewer', message, next)
      : known(after, 'require_approval', 'tests.base_fewer', message, next);
  }
  if (isFlaky(before)) return { known: [], unknown: [flaky(before, ' on the base')] };
  if (before.outcome === 'error')
    return lost(
      before,
      'tests.base_not_run',
      `${name} could not be run to its end on the base, so nothing can be compared.`,
      'Give the validation more time (limits.execution of the job), or judge the candidate again.',
    );
  if (before.outcome === 'passed' || sameOrBetter(before, after) === false)
    return regressed(name, after, declared);
  return known(
    after,
    sameOrBetter(before, after) === true ? 'warn' : 'require_approval',
    'tests.base_red',
    `${name} does not pass on the base either, with or without this change.`,
    'Look at whether the tests of the base fail for the same reason as before.',
  );
};

export const baseTests: CommandGate = {
  id: 'base-tests',
  group: 'tests',
  part: 'command',
  stage: 'command',
  version: 1,
  summary:
    'The tests of the base pass on the candidate: none was weakened, deleted or skipped to hide a failure',
  reads: ['tests'],
  check: (facts) => {
    const asked = probed(facts);
    if (isDecision(asked)) return asked;
    const { plan, runs, regressions } = asked;
    const pairs = plan.restore.flatMap((_, i) =>
      plan.commands.map(({ name }) => ({
        name,
        before: outcomeOf(name, runs.base),
        after: outcomeOf(name, runs.restored[i] ?? []),
      })),
    );
    const said: Said[] = [];
    for (const { name, before, after } of pairs) {
      if (before === undefined || after === undefined)
        return missing(`what ${name} does with the tests of the base`);
      said.push(compare(before, after, regressions.includes(name), facts.policy.tests.fewerPercent));
    }
    return decideWith(
      said.flatMap((each) => each.known),
      said.flatMap((each) => each.unknown),
    );
  },
};
