import { constants } from 'node:os';
import type { KeeperEnd } from './keeper.client.js';
import type { SandboxResult } from './sandbox.contract.js';

const signalNames = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number as number, name]),
);

/** What the worker is told of an end that was seen to be one. */
export const toResult = (end: KeeperEnd, outputBytes: number, cancelReason?: string): SandboxResult => {
  const outcome = end.outcome === 'abandoned' ? 'cancelled' : end.outcome;
  const exitCode = outcome === 'exited' ? end.exitCode : null;
  const signal = exitCode !== null && exitCode > 128 ? signalNames.get(exitCode - 128) : undefined;
  const explained = outcome === 'cancelled' ? (cancelReason ?? end.diagnostics) : end.diagnostics;
  const detail = end.reason ?? (outcome === 'exited' ? '' : explained);
  return {
    outcome,
    ...(exitCode === null ? {} : { exitCode }),
    ...(signal === undefined ? {} : { signal }),
    durationMs: end.durationMs,
    outputBytes,
    killedProcesses: end.killedProcesses,
    verifiedDead: true,
    ...(detail ? { detail } : {}),
  };
};
