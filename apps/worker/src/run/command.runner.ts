import type { CommandOutcome as Outcome } from '@gatehouse/contracts';
import type { SandboxResult } from '@gatehouse/sandbox';
import { bootClock } from '../lease/boot.clock.js';
import { startGuarded } from '../lease/guarded.sandbox.js';
import type { OutputPump } from './output.pump.js';
import { OutputTail } from './output.tail.js';
import { imageOf, type RunContext } from './run.context.js';
import { agentEnvironment, sandboxLimits } from './run.environment.js';

export type CommandOutcome = Outcome;

/** Why a command did not pass, where its own output does not say. */
const remarks: Partial<Record<SandboxResult['outcome'], string>> = {
  timeout: 'It did not end in time and was killed.',
  memory: 'It used more memory than it may and was killed.',
  workspace_limit: 'It filled its workspace and was killed.',
  output_limit: 'It printed without end and was killed.',
};

const outcomeOf = ({ outcome, exitCode }: SandboxResult): Outcome['outcome'] => {
  if (outcome === 'exited') return exitCode === 0 ? 'passed' : 'failed';
  if (outcome === 'timeout') return 'timeout';
  return outcome in remarks ? 'failed' : 'error';
};

/** Runs commands one after the other by `sh -c`, each in a sandbox of its own, within the time of the attempt. */
export class CommandRunner {
  private readonly endsAt: number;
  private runs = 0;

  constructor(
    private readonly context: RunContext,
    private readonly output: OutputPump,
  ) {
    this.endsAt = bootClock() + context.grant.limits.executionMs;
  }

  async run(name: string, command: string, timeoutMs: number, workspace: string): Promise<Outcome> {
    const { grant, sandbox, keeper, image } = this.context;
    const left = this.endsAt - bootClock();
    if (left <= 0) {
      return {
        name,
        outcome: 'timeout',
        exitCode: null,
        durationMs: 0,
        tail: 'The time of the whole validation was over before this command began.',
      };
    }
    const tail = new OutputTail();
    const { GATEHOUSE_GOAL: _goal, ...env } = agentEnvironment(grant);
    await this.output.write('stdout', Buffer.from(`$ ${name}\n`));
    const { done } = await startGuarded(sandbox, keeper, {
      leaseId: `${grant.lease.id}-${++this.runs}`,
      argv: ['/bin/sh', '-c', command],
      workspace,
      env,
      ...imageOf(image),
      limits: sandboxLimits(grant.limits, Math.min(timeoutMs, left)),
      onOutput: (stream, chunk) => {
        tail.push(chunk);
        return this.output.write(stream, chunk);
      },
    });
    const result = await done;
    const outcome = outcomeOf(result);
    const remark =
      remarks[result.outcome] ??
      (outcome === 'error'
        ? `The sandbox did not run it (${result.outcome}). ${result.detail ?? ''}`.trim()
        : '');
    return {
      name,
      outcome,
      exitCode: result.exitCode ?? null,
      durationMs: Math.round(result.durationMs),
      tail:
        remark === ''
          ? tail.text()
          : `${tail.text().slice(-7000).trimEnd()}
${remark}`
              .trim()
              .slice(-8000),
    };
  }
}
