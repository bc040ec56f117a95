import { describe, expect, it } from '@jest/globals';
import { CompleteAttempt, GatehouseError } from '@gatehouse/contracts';
import type { SandboxOutcome, SandboxResult } from '@gatehouse/sandbox';
import { endingOf, endingOfError, endingOfStop } from './run.outcome.js';

const result = (outcome: SandboxOutcome, exitCode?: number): SandboxResult => ({
  outcome,
  ...(exitCode === undefined ? {} : { exitCode }),
  durationMs: 1,
  outputBytes: 0,
  killedProcesses: 0,
  verifiedDead: true,
});
const report = {
  ignored: [],
  ignoredCount: 0,
  refused: [],
  refusedCount: 0,
  killedProcesses: 0,
  exitCode: null,
  outcome: 'x',
  durationMs: 1,
  sandbox: 's',
};

describe('endings of an attempt', () => {
  it.each([
    ['exited', 3, 'failed', 'agent.exit_nonzero'],
    ['timeout', undefined, 'failed', 'agent.timeout'],
    ['memory', undefined, 'failed', 'agent.memory'],
    ['workspace_limit', undefined, 'failed', 'agent.workspace_limit'],
    ['output_limit', undefined, 'failed', 'agent.output_limit'],
    ['failed_to_start', undefined, 'errored', 'sandbox.failed'],
    ['lease_expired', undefined, 'errored', 'sandbox.failed'],
    ['cancelled', undefined, 'errored', 'sandbox.failed'],
  ] as const)('%s %s is %s: %s', (outcome, exitCode, ending, code) => {
    const answer = endingOf(result(outcome, exitCode), report);
    expect(answer).toMatchObject({ outcome: ending, code });
    expect(CompleteAttempt.safeParse({ ...answer, generation: 1 }).success).toBe(true);
  });

  it('harvests only what ended with exit status 0', () => {
    expect(endingOf(result('exited', 0), report)).toBeNull();
    expect(endingOf(result('exited'), report)).not.toBeNull();
  });

  it('says nothing under a lost lease, and asks for another worker when this one stops', () => {
    expect(endingOfStop({ kind: 'fenced', message: 'x' }, null)).toBeNull();
    expect(endingOfStop({ kind: 'stopped', message: 'x' }, null)).toMatchObject({
      outcome: 'errored',
      code: 'worker.stopped',
    });
    expect(endingOfStop({ kind: 'cancelled', message: 'x' }, null)).toMatchObject({ outcome: 'cancelled' });
  });

  it('blames the content for a tree that is refused, and the machine for the rest', () => {
    expect(endingOfError(new GatehouseError('git.refused', 'no'))).toMatchObject({
      outcome: 'failed',
      code: 'workspace.refused',
    });
    expect(endingOfError(new GatehouseError('storage.full', 'no'))).toMatchObject({
      outcome: 'errored',
      code: 'storage.full',
    });
    expect(endingOfError(new TypeError('x'))).toMatchObject({ outcome: 'errored', code: 'worker.failed' });
  });
});
