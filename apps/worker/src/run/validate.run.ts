import { join } from 'node:path';
import type { CommandOutcome, TestRuns } from '@gatehouse/contracts';
import type { Completion } from '../lease/lease.calls.js';
import { materialise } from '../workspace/materialise.js';
import { receive } from './base.intake.js';
import { readCandidate } from './candidate.intake.js';
import { candidateOf } from './changed.entry.js';
import { fitting } from './commands.result.js';
import { CommandRunner } from './command.runner.js';
import { FreshWorkspaces } from './fresh.workspace.js';
import { OutputPump } from './output.pump.js';
import type { RunContext } from './run.context.js';
import { failed } from './run.outcome.js';
import { isTest, TestRunner } from './test.runner.js';

/**
 * Runs commands on the tree of a candidate. `setup` runs on the base alone; each command then runs in a sandbox of
 * its own on a workspace of its own, so that none can prepare the verdict of the next. What is asked of test
 * commands comes after, and only where all commands passed: it cannot make a failed candidate better.
 */
export const runValidation = async (context: RunContext): Promise<Completion> => {
  const { grant, git, keeper, calls, scratch, sandbox, image, log } = context;
  const { validate, base } = grant;
  if (validate === null || base === null)
    return failed('validate.missing', 'The lease asks for a validation and names no candidate or no base.');
  const bareDir = join(scratch, 'base.git');
  const workspace = join(scratch, 'workspace');
  await receive(context, bareDir, (b) =>
    materialise(git, bareDir, b, workspace, {
      blobBytes: grant.limits.workspaceBytes,
      signal: keeper.signal,
    }),
  );
  const candidate = await readCandidate(context, bareDir, base, validate);
  if (!candidate.ok) return candidate.ending;

  await keeper.insist((signal) => calls.start(grant.kind, sandbox.detail, image, signal));
  const output = new OutputPump(grant.limits.outputBytes, calls, keeper, log);
  try {
    const runner = new CommandRunner(context, output);
    const timeout = `${Math.ceil(grant.limits.executionMs / 1000)}s`;
    for (const [i, run] of validate.setup.entries()) {
      const outcome = await runner.run({ name: `setup-${i + 1}`, run, timeout }, workspace);
      keeper.signal.throwIfAborted();
      if (outcome.outcome !== 'passed') {
        return failed(
          'validate.setup_failed',
          `The setup command "${run.slice(0, 200)}" ended as ${outcome.outcome} on the base itself, so nothing can be said about the change. Its last output:\n${outcome.tail.slice(-1500)}`,
        );
      }
    }
    const { commands: wanted, tests } = validate;
    const { entries, gitDir } = candidate;
    const runs = new TestRunner(runner, new FreshWorkspaces(scratch, workspace), keeper, tests?.reruns ?? 0);
    const commands: CommandOutcome[] = [];
    for (const [i, command] of wanted.entries()) {
      const last = tests === null && i === wanted.length - 1;
      commands.push(await runs.run(command, candidateOf(entries), { last }));
    }
    const passed = commands.every(({ outcome }) => outcome === 'passed');
    const probed: TestRuns | null =
      tests !== null && passed
        ? await runs.probe(wanted.filter(isTest), entries, tests, { image, git, gitDir })
        : null;
    return { outcome: 'succeeded', result: fitting({ kind: 'commands', commands, image, tests: probed }) };
  } finally {
    await output.close();
  }
};
