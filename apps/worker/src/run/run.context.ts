import type { GitRunner } from '@gatehouse/git';
import type { HarvestReport, LeaseGrant } from '@gatehouse/contracts';
import type { Sandbox, SandboxResult } from '@gatehouse/sandbox';
import type { Logger } from 'pino';
import type { LeaseCalls } from '../lease/lease.calls.js';
import type { LeaseKeeper } from '../lease/lease.keeper.js';

/** Everything one attempt works with. */
export interface RunContext {
  readonly grant: LeaseGrant;
  readonly calls: LeaseCalls;
  readonly keeper: LeaseKeeper;
  readonly sandbox: Sandbox;
  readonly git: GitRunner;
  /** A folder of this attempt alone, removed after it. */
  readonly scratch: string;
  /** Id of the image that every run of this attempt is in; null where the sandbox has none. */
  readonly image: string | null;
  readonly log: Logger;
}

/** What is known of a run before, or without, a harvest. */
export const reportOf = (sandbox: Sandbox, result: SandboxResult): HarvestReport => ({
  ignored: [],
  ignoredCount: 0,
  refused: [],
  refusedCount: 0,
  killedProcesses: result.killedProcesses,
  exitCode: result.exitCode ?? null,
  outcome: result.outcome,
  durationMs: Math.round(result.durationMs),
  sandbox: `${sandbox.kind} (${sandbox.mode}): ${sandbox.detail}`.slice(0, 400),
});

/** The image of a run, where there are images. */
export const imageOf = (image: string | null): { image?: string } => (image === null ? {} : { image });
