import type { Finding } from '@gatehouse/contracts';
import type { CommandGate } from '../gate.js';
import { about, decideWith, isDecision, outcomeOf, probed, ranOf } from '../tests/test.runs.js';

const reads = 'Print a summary that Gatehouse reads (node, jest, vitest, mocha, pytest, go, cargo, TAP, …)';

export const testsRan: CommandGate = {
  id: 'tests-ran',
  group: 'tests',
  part: 'command',
  stage: 'command',
  version: 1,
  summary: 'Test commands ran tests, and not many fewer than on the base',
  reads: ['tests'],
  check: (facts) => {
    const asked = probed(facts);
    if (isDecision(asked)) return asked;
    const { fewerPercent } = facts.policy.tests;
    const unknown = asked.plan.commands.flatMap(({ name }): Finding[] => {
      const outcome = outcomeOf(name, asked.outcomes);
      const before = outcomeOf(name, asked.runs.base);
      // The gate `commands` speaks of what is not there or did not pass.
      if (outcome?.outcome !== 'passed') return [];
      const found = (code: string, message: string, next: string): Finding[] => [
        about(outcome, { code, severity: 'block', message, next }),
      ];
      const ran = ranOf(outcome);
      if (ran === null)
        return found(
          'tests.uncounted',
          `${name} passed, and nothing says how many tests it ran.`,
          `${reads}, or name a JUnit report in tests.report of the command.`,
        );
      const skipped = outcome.tests?.skipped ?? 0;
      if (ran === 0)
        return found(
          'tests.none_ran',
          `${name} passed without running a test${skipped > 0 ? `; ${skipped} were skipped` : ''}.`,
          'Bring the tests back, or see why the runner does not find them; then submit the change again.',
        );
      const was = before && ranOf(before);
      if (was === null || was === undefined || ran >= was * (1 - fewerPercent / 100)) return [];
      return found(
        'tests.fewer',
        `${name} ran ${ran} tests${skipped > 0 ? ` and skipped ${skipped}` : ''}; on the base it runs ${was}.`,
        `Bring the tests back. Where so many are meant to go, raise tests.fewerPercent of the policy (${fewerPercent} now).`,
      );
    });
    return decideWith([], unknown);
  },
};
