import type { GitRunner } from '@gatehouse/git';
import type { LeaseGrant } from '@gatehouse/contracts';
import type { Sandbox, SandboxKind } from '@gatehouse/sandbox';
import type { Logger } from 'pino';
import type { LeaseCalls, Completion } from '../lease/lease.calls.js';
import { LeaseKeeper } from '../lease/lease.keeper.js';
import { runAgent } from './agent.run.js';
import { endingOfError, endingOfStop, errored } from './run.outcome.js';
import { makeScratch, removeFolder } from './scratch.folder.js';
import { runValidation } from './validate.run.js';

export interface AttemptTools {
  readonly git: GitRunner;
  readonly sandboxes: ReadonlyMap<SandboxKind, Sandbox>;
  /** Told of a kind that broke under a run. */
  readonly suspect?: (kind: SandboxKind) => void;
  readonly workerDir: string;
  readonly log: Logger;
}

/** One attempt under way. */
export interface AttemptRun {
  readonly keeper: LeaseKeeper;
  /** Settles when nothing of it is left on this machine. Never rejects. */
  readonly done: Promise<void>;
}

/** Takes what a lease grants from its first renewal to its completion. */
export const startAttempt = (grant: LeaseGrant, calls: LeaseCalls, tools: AttemptTools): AttemptRun => {
  const { lease, attempt, sessionId, job } = grant;
  const log = tools.log.child({
    leaseId: lease.id,
    generation: lease.generation,
    attemptId: attempt.id,
    sessionId,
    jobId: job.id,
    purpose: attempt.purpose,
  });
  const keeper = new LeaseKeeper({ calls, terms: lease, log });
  return { keeper, done: live(grant, calls, keeper, { ...tools, log }) };
};

const live = async (
  grant: LeaseGrant,
  calls: LeaseCalls,
  keeper: LeaseKeeper,
  tools: AttemptTools,
): Promise<void> => {
  const { log } = tools;
  let scratch: string | undefined;
  try {
    log.info({ kind: grant.kind }, 'attempt taken');
    await keeper.hold();
    let completion: Completion | null = null;
    if (!keeper.signal.aborted) {
      scratch = await makeScratch(tools.workerDir, `${grant.lease.id}-${grant.lease.generation}`);
      completion = await decide(grant, calls, keeper, tools, scratch);
    }
    // What ended the work from outside outranks what the work itself would have said.
    if (keeper.stop !== undefined) {
      completion = endingOfStop(
        keeper.stop,
        completion !== null && 'report' in completion ? completion.report : null,
      );
    }
    if (completion === null) return;
    const last = completion;
    await keeper.insist((signal) => calls.complete(last, signal));
    log.info({ outcome: last.outcome, ...('code' in last ? { code: last.code } : {}) }, 'attempt completed');
  } catch (error) {
    if (keeper.fenced.aborted) log.warn('the result was dropped: the lease is over');
    else log.error({ err: error }, 'the attempt could not be completed; its lease will run out');
  } finally {
    keeper.release();
    if (scratch !== undefined)
      await removeFolder(scratch).catch((error: unknown) =>
        log.warn({ err: error }, 'the scratch folder could not be removed'),
      );
  }
};

const decide = async (
  grant: LeaseGrant,
  calls: LeaseCalls,
  keeper: LeaseKeeper,
  tools: AttemptTools,
  scratch: string,
): Promise<Completion> => {
  const { git, log } = tools;
  const sandbox = tools.sandboxes.get(grant.kind);
  if (sandbox === undefined)
    return errored(
      'sandbox.unavailable',
      `This worker has no ${grant.kind}; it was leased what it does not offer.`,
    );
  try {
    // Found once, by its id: every run of this attempt is in the very same image, whatever its tag does meanwhile.
    const image = await sandbox.imageId(grant.image ?? undefined);
    const context = { grant, calls, keeper, sandbox, git, scratch, image, log };
    return await (grant.attempt.purpose === 'agent' ? runAgent(context) : runValidation(context));
  } catch (error) {
    if (!keeper.signal.aborted) log.error({ err: error }, 'the attempt failed');
    const ending = endingOfError(error);
    if (ending.code.startsWith('sandbox.')) tools.suspect?.(grant.kind);
    return ending;
  }
};
