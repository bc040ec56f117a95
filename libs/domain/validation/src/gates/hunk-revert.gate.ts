import type { CommandOutcome, Finding } from '@gatehouse/contracts';
import type { RawPath } from '@gatehouse/policy';
import { decide, finding, missing, type CommandGate } from '../gate.js';
import { about, decideWith, isDecision, isFlaky, outcomeOf, probed } from '../tests/test.runs.js';

/** The tests of the candidate fail without its change, and not only because they failed before. */
const proves = (before: CommandOutcome | undefined, without: CommandOutcome): boolean => {
  if (before === undefined || isFlaky(without)) return false;
  if (before.outcome === 'passed') return without.outcome === 'failed' || without.outcome === 'timeout';
  return before.tests != null && without.tests != null && without.tests.failed > before.tests.failed;
};

export const hunkRevert: CommandGate = {
  id: 'hunk-revert',
  group: 'tests',
  part: 'command',
  stage: 'command',
  version: 1,
  summary: 'Where policy asks for it: a changed or added test fails as soon as the change is undone',
  reads: ['tests'],
  check: (facts) => {
    const asked = probed(facts);
    if (isDecision(asked)) return asked;
    const { plan, runs } = asked;
    if (!facts.policy.tests.hunkRevert || plan.undo.length === 0) return decide([]);
    if (plan.changed.length === 0)
      return decide([
        finding({
          code: 'tests.none_changed',
          severity: 'require_approval',
          message: 'No test was added or changed with this change.',
          next: 'Add a test that fails without the change, or have a person confirm that none is needed.',
        }),
      ]);
    const { reverted } = runs;
    if (reverted === null || plan.commands.some(({ name }) => outcomeOf(name, reverted.whole) === undefined))
      return missing('what the tests say with the change undone');
    const { whole, hunks, left } = reverted;
    if (!whole.some((without) => proves(outcomeOf(without.name, runs.base), without))) {
      const last = whole.find(({ outcome }) => outcome !== 'passed') ?? whole[0]!;
      if (last.outcome !== 'passed')
        return decideWith(
          [],
          [
            about(last, {
              code: 'tests.undone_unclear',
              severity: 'block',
              message: `With the change undone, ${last.name} ended as ${[last.outcome, ...(last.again ?? [])].join(', ')}; that proves nothing.`,
              next: 'Make the tests of the base pass and say the same each time, then submit the change again.',
            }),
          ],
        );
      return decide([
        about(last, {
          code: 'tests.prove_nothing',
          severity: 'require_approval',
          message: 'With the change undone, the tests that came with it pass all the same.',
          next: 'Add a test that fails without the change, or have a person confirm that none is needed.',
        }),
      ]);
    }
    const unnoticed = hunks.filter(({ noticed }) => !noticed);
    const warnings: Finding[] = unnoticed.map(({ path, startLine, endLine }) =>
      finding({
        code: 'tests.hunk_unnoticed',
        severity: 'warn',
        message: 'No test notices when this part of the change is undone.',
        next: 'See whether a test for it is missing.',
        path: path as RawPath,
        ...(startLine !== null && { line: startLine, endLine: endLine ?? startLine }),
      }),
    );
    const rest = finding({
      code: 'tests.hunks_left',
      severity: 'warn',
      message: `${left} more parts of the change were not undone one by one.`,
      next: 'Raise tests.revertHunks or tests.revertMinutes of the policy to see all of them.',
    });
    return decide(left > 0 ? [...warnings, rest] : warnings);
  },
};
