import type { CommandOutcome, Finding, TestRuns } from '@gatehouse/contracts';
import type { CommandFacts } from '../facts.js';
import { decide, finding, missing, type FindingInput, type GateDecision } from '../gate.js';
import type { TestPlan } from './test.plan.js';

/** It ended one way and, run again on equal bytes, the other way. */
export const isFlaky = ({ outcome, again }: CommandOutcome): boolean =>
  outcome === 'failed' && again?.includes('passed') === true;

export const ranOf = ({ tests }: CommandOutcome): number | null =>
  tests === null || tests === undefined ? null : tests.passed + tests.failed;

export const outcomeOf = (name: string, outcomes: readonly CommandOutcome[]): CommandOutcome | undefined =>
  outcomes.find((outcome) => outcome.name === name);

const evidenceOf = (outcome: CommandOutcome): { evidence?: string } =>
  outcome.tail === '' ? {} : { evidence: outcome.tail.slice(-2000) };

/** A finding about one command, with the end of what it printed. */
export const about = (outcome: CommandOutcome, found: Omit<FindingInput, 'evidence'>): Finding =>
  finding({ ...found, ...evidenceOf(outcome) });

export const flaky = (outcome: CommandOutcome, where: string): Finding =>
  about(outcome, {
    code: 'tests.flaky',
    severity: 'block',
    message: `${outcome.name} failed and passed on the same bytes (${['failed', ...(outcome.again ?? [])].join(', ')})${where}.`,
    next: 'Make the test say the same each time, or take it out of the required command; then submit the change again.',
  });

export interface Probed {
  readonly plan: TestPlan;
  readonly runs: TestRuns;
  readonly outcomes: readonly CommandOutcome[];
  readonly regressions: readonly string[];
}

/** What a gate about tests looks at, or its answer where there is nothing to look at. */
export const probed = (facts: CommandFacts): Probed | GateDecision => {
  const { commands, change } = facts;
  if (change === null) return missing('the candidate tree');
  if (commands === null) return missing('which commands are required');
  const own = commands.required.filter(({ tests }) => tests !== undefined);
  if (own.length === 0 || change.tree === change.baseTree) return decide([]);
  const { outcomes, tests } = commands;
  if (outcomes === null || tests == null) return missing('what the test commands did');
  const { plan, runs, regressions } = tests;
  if (runs !== null) return { plan, runs, outcomes, regressions };
  if (outcomes.every(({ outcome }) => outcome === 'passed')) return missing('what the test commands did');
  const message = 'Nothing more was asked of the tests, since a required command did not pass.';
  const next = 'Mend what the gate "commands" found, then submit the change again.';
  return {
    answer: 'inconclusive',
    findings: [finding({ code: 'tests.not_asked', severity: 'warn', message, next })],
  };
};

export const isDecision = (value: Probed | GateDecision): value is GateDecision => 'answer' in value;

/** The answer of findings of which some say that nothing is known: a definite block still counts for more. */
export const decideWith = (findings: readonly Finding[], unknown: readonly Finding[]): GateDecision => {
  const { answer } = decide(findings);
  const { findings: all } = decide([...findings, ...unknown]);
  return { answer: answer === 'pass' && unknown.length > 0 ? 'inconclusive' : answer, findings: all };
};
