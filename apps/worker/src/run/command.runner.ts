import { durationMs, type Command, type CommandOutcome, type TestCounts } from '@gatehouse/contracts';
import type { SandboxResult } from '@gatehouse/sandbox';
import { bootClock } from '../lease/boot.clock.js';
import { startGuarded } from '../lease/guarded.sandbox.js';
import { readJUnit } from '../tally/junit.report.js';
import { TestTally } from '../tally/test.tally.js';
import type { OutputPump } from './output.pump.js';
import { OutputTail } from './output.tail.js';
import { imageOf, type RunContext } from './run.context.js';
import { agentEnvironment, sandboxLimits } from './run.environment.js';

type Stream = 'stdout' | 'stderr';

/** Why a command did not pass, where its own output does not say. */
const remarks: Partial<Record<SandboxResult['outcome'], string>> = {
  timeout: 'It did not end in time and was killed.',
  memory: 'It used more memory than it may and was killed.',
  workspace_limit: 'It filled its workspace and was killed.',
  output_limit: 'It printed without end and was killed.',
};

const outcomeOf = ({ outcome, exitCode }: SandboxResult): CommandOutcome['outcome'] => {
  if (outcome === 'exited') return exitCode === 0 ? 'passed' : 'failed';
  if (outcome === 'timeout') return 'timeout';
  return outcome in remarks ? 'failed' : 'error';
};

const reportBytes = 16 * 1024 * 1024;
const reportMs = 30_000;

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

  /** What is left of the time of the attempt. */
  get leftMs(): number {
    return Math.max(0, this.endsAt - bootClock());
  }

  /** @param where said beside its name in the output, where it is not the candidate that it runs on */
  async run(command: Command, workspace: string, where = ''): Promise<CommandOutcome> {
    const { name, tests } = command;
    if (this.leftMs === 0) {
      return {
        name,
        outcome: 'timeout',
        exitCode: null,
        durationMs: 0,
        tail: 'The time of the whole validation was over before this command began.',
        ...(tests === undefined ? {} : { tests: null }),
      };
    }
    const tail = new OutputTail();
    const tally = new TestTally();
    await this.output.write('stdout', Buffer.from(`$ ${name}${where}\n`));
    const result = await this.sandboxed(
      command.run,
      durationMs(command.timeout),
      workspace,
      (stream, chunk) => {
        tail.push(chunk);
        if (tests === true) tally.push(stream, chunk);
        return this.output.write(stream, chunk);
      },
    );
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
      ...(tests === undefined
        ? {}
        : { tests: tests === true ? tally.counts() : await this.report(tests.report, workspace) }),
    };
  }

  /** Read by a sandbox, not by us: what lies there under that name is the work of the command. */
  private async report(path: string, workspace: string): Promise<TestCounts | null> {
    const parts: Buffer[] = [];
    let room = reportBytes;
    if (this.leftMs === 0) return null;
    const { outcome, exitCode } = await this.sandboxed(
      'exec cat -- "$0"',
      reportMs,
      workspace,
      (stream, chunk) => {
        if (stream === 'stdout' && (room -= chunk.length) >= 0) parts.push(Buffer.from(chunk));
      },
      path,
    );
    const whole = outcome === 'exited' && exitCode === 0 && room >= 0;
    return whole ? readJUnit(Buffer.concat(parts).toString('utf8')) : null;
  }

  private async sandboxed(
    script: string,
    timeoutMs: number,
    workspace: string,
    onOutput: (stream: Stream, chunk: Buffer) => void | Promise<void>,
    ...args: string[]
  ): Promise<SandboxResult> {
    const { grant, sandbox, keeper, image } = this.context;
    const { GATEHOUSE_GOAL: _goal, ...env } = agentEnvironment(grant);
    const { done } = await startGuarded(sandbox, keeper, {
      leaseId: `${grant.lease.id}-${++this.runs}`,
      argv: ['/bin/sh', '-c', script, ...args],
      workspace,
      env,
      ...imageOf(image),
      limits: sandboxLimits(grant.limits, Math.min(timeoutMs, this.leftMs)),
      onOutput,
    });
    return done;
  }
}
