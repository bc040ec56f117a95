import { ApiProblem } from '@gatehouse/client/worker';
import { GatehouseError, type HarvestReport } from '@gatehouse/contracts';
import type { SandboxResult } from '@gatehouse/sandbox';
import type { Completion } from '../lease/lease.calls.js';
import type { Stop } from '../lease/lease.keeper.js';
import { cleanText } from './output.tail.js';

const wordsOf = (message: string): string => cleanText(message.slice(0, 2000));

type Ending = Extract<Completion, { code: string }>;

export const failed = (code: string, message: string, report: HarvestReport | null = null): Ending => ({
  outcome: 'failed',
  code,
  message: wordsOf(message),
  report,
});

export const errored = (code: string, message: string, report: HarvestReport | null = null): Ending => ({
  outcome: 'errored',
  code,
  message: wordsOf(message),
  report,
});

/** What these exit statuses mean where nothing was printed. */
const hints: Readonly<Record<number, string>> = {
  126: 'its command is there but cannot be run',
  127: 'its command, or one it calls, does not exist in the sandbox',
};

/** How an agent ended, as an ending of its attempt; null where it ended well and its work is to be harvested. */
export const endingOf = (result: SandboxResult, report: HarvestReport): Ending | null => {
  const { outcome, exitCode, signal, detail } = result;
  switch (outcome) {
    case 'exited':
      if (exitCode === 0) return null;
      return failed(
        'agent.exit_nonzero',
        `The agent ended with exit status ${exitCode ?? 'unknown'}${signal === undefined ? '' : ` (${signal})`}; ${hints[exitCode ?? 0] ?? 'its output says why'}.`,
        report,
      );
    case 'timeout':
      return failed(
        'agent.timeout',
        'The agent did not end within its execution time and was killed; raise limits.execution or give it less to do.',
        report,
      );
    case 'memory':
      return failed(
        'agent.memory',
        'The agent used more memory than it may and was killed; raise limits.memoryMiB.',
        report,
      );
    case 'workspace_limit':
      return failed(
        'agent.workspace_limit',
        `The agent filled its workspace and was killed. ${detail ?? ''}`.trim(),
        report,
      );
    case 'output_limit':
      return failed('agent.output_limit', 'The agent printed without end and was killed.', report);
    case 'lease_expired':
    case 'cancelled':
    case 'failed_to_start':
      return errored(
        'sandbox.failed',
        `The sandbox did not run the agent to its end (${outcome}). ${detail ?? ''}`.trim(),
        report,
      );
  }
};

/** What to say when the work was ended from outside; null where nothing may be said any more. */
export const endingOfStop = (stop: Stop, report: HarvestReport | null): Ending | null => {
  if (stop.kind === 'fenced') return null;
  if (stop.kind === 'stopped') return errored('worker.stopped', stop.message, report);
  return { outcome: 'cancelled', code: 'attempt.cancelled', message: wordsOf(stop.message), report };
};

/** An error nobody turned into an answer: infrastructure, until its code says that the input is to blame. */
export const endingOfError = (error: unknown): Ending => {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof ApiProblem) return errored(error.code ?? 'plane.unreachable', message);
  if (!(error instanceof GatehouseError)) return errored('worker.failed', `The worker failed: ${message}`);
  if (error.code === 'git.refused') return failed('workspace.refused', message);
  return errored(error.code, message);
};
