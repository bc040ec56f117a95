import type { CommandOutcome, PolicyRules, TestRuns } from '@gatehouse/contracts';
import type { ContextFacts } from '../facts.js';
import { sampleFacts, type SampleChange } from '../facts.sample.js';
import { testPlan } from './test.plan.js';

/** `passed 3/0/1`: an outcome and its counts; `failed 1/1 passed`: run again, it passed. */
export const sampleOutcome = (said: string, name = 'tests'): CommandOutcome => {
  const [outcome, ...rest] = said.split(' ') as [CommandOutcome['outcome'], ...string[]];
  const counted = rest.find((word) => word.includes('/'));
  const [passed = 0, failed = 0, skipped = 0] = counted?.split('/').map(Number) ?? [];
  const again = rest.filter((word) => !word.includes('/')) as CommandOutcome['outcome'][];
  return {
    name,
    outcome,
    exitCode: outcome === 'passed' ? 0 : outcome === 'failed' ? 1 : null,
    durationMs: 1,
    tail: `${name}: ${said}`,
    tests: counted === undefined ? null : { passed, failed, skipped, format: 'tap' },
    ...(again.length > 0 && { again }),
  };
};

export interface SampleTests {
  readonly candidate?: string | null;
  readonly base?: string;
  /** With the tests of the base; absent: as many as the plan asks for, all passing. */
  readonly restored?: readonly string[];
  readonly reverted?: TestRuns['reverted'];
  readonly runs?: null;
  readonly regressions?: readonly string[];
  readonly changes?: readonly SampleChange[];
  readonly rules?: PolicyRules['tests'];
}

/** A candidate with one test command, which changed a source and its test. */
export const sampleTests = ({
  candidate = 'passed 3/0',
  base = 'passed 3/0',
  restored,
  reverted = null,
  runs,
  regressions = [],
  changes = ['src/a.ts', 'src/a.test.ts'].map((path) => ({ path, oldMode: '100644' })),
  rules,
}: SampleTests = {}): ContextFacts => {
  const commands = [{ name: 'tests', run: 'npm test', timeout: '1m', tests: true as const }];
  const facts = sampleFacts({ changes, policy: { commands, ...(rules && { tests: rules }) } });
  const plan = testPlan(facts.policy, facts.change?.entries ?? []);
  if (plan === null) throw new TypeError('There is a test command.');
  const seen = restored ?? plan.restore.map(() => 'passed 3/0');
  return {
    ...facts,
    commands: {
      required: commands,
      outcomes: candidate === null ? null : [sampleOutcome(candidate)],
      tests: {
        plan,
        regressions,
        runs:
          runs === null
            ? null
            : {
                base: [sampleOutcome(base)],
                baseKnown: false,
                restored: seen.map((said) => [sampleOutcome(said)]),
                reverted,
              },
      },
    },
  };
};
