import type { CommandOutcome, Finding } from '@gatehouse/contracts';
import { decide, finding, missing, type CommandGate, type GateDecision } from '../gate.js';
import { decideWith, flaky, isFlaky } from '../tests/test.runs.js';

const lookAtOutput = 'Look at the output, repair the change and submit it again.';
const again = 'Judge the candidate again; if this stays, look at the validation worker.';

const judge = (name: string, outcome: CommandOutcome): Finding | null => {
  if (isFlaky(outcome)) return flaky(outcome, '');
  const evidence = outcome.tail.slice(-2000);
  const made = (code: string, message: string, next: string): Finding =>
    finding({ code, severity: 'block', message, next, ...(evidence === '' ? {} : { evidence }) });
  switch (outcome.outcome) {
    case 'passed':
      return outcome.exitCode === 0
        ? null
        : made('command.error', `${name} passed without exit code 0.`, again);
    case 'failed':
      return made(
        'command.failed',
        `${name} ended with exit code ${outcome.exitCode ?? 'unknown'}.`,
        lookAtOutput,
      );
    case 'timeout':
      return made('command.timeout', `${name} did not end in time and was killed.`, lookAtOutput);
    default:
      return made('command.error', `${name} could not be run to its end.`, again);
  }
};

const notRun = (because: string | undefined): GateDecision => {
  if (because === undefined) return missing('what the commands did');
  const message = `The required commands were not run: ${because}`;
  return {
    answer: 'error',
    findings: [finding({ code: 'command.not_run', severity: 'block', message, next: again })],
  };
};

export const commands: CommandGate = {
  id: 'commands',
  group: 'tests',
  part: 'command',
  stage: 'command',
  version: 3,
  summary: 'Every required command passes on the candidate in a fresh sandbox, and says the same each time',
  always: true,
  check: ({ commands: facts, change }) => {
    if (change === null) return missing('the candidate tree');
    if (facts === null) return missing('which commands are required');
    if (facts.required.length === 0 || change.tree === change.baseTree) return decide([]);
    const { outcomes } = facts;
    if (outcomes === null) return notRun(facts.notRunBecause);
    const findings = facts.required.flatMap(({ name }) => {
      const own = outcomes.filter((outcome) => outcome.name === name);
      if (own.length > 0) return own.map((outcome) => judge(name, outcome)).filter((found) => found !== null);
      const message = `There is no outcome of ${name}, which is required.`;
      return [finding({ code: 'command.missing', severity: 'block', message, next: again })];
    });
    const unknown = findings.some(({ code }) => code === 'command.missing' || code === 'command.error');
    const isUnclear = ({ code }: Finding): boolean => code === 'tests.flaky';
    const decision = decideWith(
      findings.filter((found) => !isUnclear(found)),
      findings.filter(isUnclear),
    );
    return unknown ? { ...decision, answer: 'error' } : decision;
  },
};
