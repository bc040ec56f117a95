import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiProblem } from '@gatehouse/client/worker';
import type { HarvestReport } from '@gatehouse/contracts';
import type { SandboxResult } from '@gatehouse/sandbox';
import { planAgent } from '../agents/index.js';
import { startGuarded } from '../lease/guarded.sandbox.js';
import type { Completion } from '../lease/lease.calls.js';
import { harvest } from '../workspace/harvest.js';
import { materialise, type Base, type BaseEntries } from '../workspace/materialise.js';
import { TreePatcher } from '../workspace/tree.patcher.js';
import { WorkspaceReader } from '../workspace/workspace.reader.js';
import { withBait } from './agent.bait.js';
import { digestOf } from './artifact.digest.js';
import { receive } from './base.intake.js';
import { readCandidate } from './candidate.intake.js';
import { candidateOf } from './changed.entry.js';
import { collectFiles } from './files.result.js';
import { OutputPump } from './output.pump.js';
import { imageOf, reportOf, type RunContext } from './run.context.js';
import { agentEnvironment, sandboxLimits } from './run.environment.js';
import { endingOf, errored, failed } from './run.outcome.js';

/** Runs the agent of a lease to its end, and answers what came of it. */
export const runAgent = async (context: RunContext): Promise<Completion> => {
  const { agent } = context.grant;
  if (agent === null) return failed('agent.missing', 'The lease asks for an agent and names none.');
  const plan = planAgent(agent);
  if (plan.do === 'hand_in') return handIn(context, plan.artifact);
  const words = [...plan.argv, ...Object.values(plan.env)];
  if (words.some((word) => word.includes('\0'))) {
    return failed(
      'agent.invalid',
      'The command or its environment holds a NUL byte, which no program can be given.',
    );
  }
  return runInSandbox(context, plan);
};

/** A patch made elsewhere: the plane builds the tree; here it is only made sure that the bytes are what they claim. */
const handIn = async ({ grant, calls, keeper }: RunContext, artifact: string): Promise<Completion> => {
  if (grant.base === null)
    return failed('agent.no_base', 'A patch needs a repository to apply to; this job names none.');
  await keeper.insist((signal) =>
    calls.start(grant.kind, 'no sandbox: the patch was made elsewhere', null, signal),
  );
  const bytes = await fetchArtifact(keeper, calls, artifact);
  if (bytes === undefined)
    return failed('artifact.not_found', `The plane does not have the patch ${artifact}; store it first.`);
  if (digestOf(bytes) !== artifact)
    return failed('artifact.digest_mismatch', `The bytes of ${artifact} have another digest.`);
  return {
    outcome: 'succeeded',
    result: { kind: 'patch', patch: artifact, base: grant.base.commit, tree: null, report: null },
  };
};

const fetchArtifact = async (
  keeper: RunContext['keeper'],
  calls: RunContext['calls'],
  id: string,
): Promise<Buffer | undefined> => {
  try {
    return await keeper.insist((signal) => calls.artifact(id, signal));
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return undefined;
    throw error;
  }
};

const runInSandbox = async (
  context: RunContext,
  plan: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<Completion> => {
  const { grant, scratch } = context;
  const workspace = join(scratch, 'workspace');
  const bareDir = join(scratch, 'base.git');
  const entries = await prepare(context, bareDir, workspace);
  const refusal = await goOn(context, bareDir, workspace);
  if (refusal !== null) return refusal;
  const result = await execute(context, workspace, plan);
  const report = reportOf(context.sandbox, result);
  // Why is said where the lease is completed; the report goes with it.
  if (context.keeper.signal.aborted)
    return errored('attempt.ended', 'The work was ended from outside.', report);
  const ending = endingOf(result, report);
  if (ending !== null) return ending;
  // The right to enter the workspace is not part of any tree; an agent that took it away must still be read.
  await chmod(workspace, 0o755);
  const reader = await openReader(context, workspace, entries);
  try {
    return grant.base === null
      ? await collectFiles(context, reader, report)
      : await handOver(context, reader, grant.base, bareDir, entries, report);
  } finally {
    await reader.close();
  }
};

const prepare = async (context: RunContext, bareDir: string, workspace: string): Promise<BaseEntries> => {
  const { grant, git, keeper } = context;
  return receive(context, bareDir, async (base) =>
    materialise(git, bareDir, base, workspace, {
      blobBytes: grant.limits.workspaceBytes,
      signal: keeper.signal,
    }),
  );
};

/**
 * Brings the workspace to the candidate that the agent goes on from; what is harvested still is what differs from the
 * base.
 */
const goOn = async (context: RunContext, bareDir: string, workspace: string): Promise<Completion | null> => {
  const { base, start } = context.grant;
  if (base === null || start === null) return null;
  const candidate = await readCandidate(context, bareDir, base, start);
  if (!candidate.ok) return candidate.ending;
  for (const steps of candidateOf(candidate.entries)) new TreePatcher(workspace).apply(steps);
  return null;
};

const execute = async (
  { grant, calls, keeper, sandbox, image, log }: RunContext,
  workspace: string,
  plan: { readonly argv: readonly string[]; readonly env: Readonly<Record<string, string>> },
): Promise<SandboxResult> => {
  await keeper.insist((signal) => calls.start(grant.kind, sandbox.detail, image, signal));
  const output = new OutputPump(grant.limits.outputBytes, calls, keeper, log);
  try {
    const { done } = await startGuarded(sandbox, keeper, {
      leaseId: grant.lease.id,
      ...withBait(grant, sandbox, plan.argv),
      workspace,
      env: { ...agentEnvironment(grant), ...plan.env },
      ...imageOf(image),
      limits: sandboxLimits(grant.limits, grant.limits.executionMs),
      onOutput: (stream, chunk) => output.write(stream, chunk),
    });
    return await done;
  } finally {
    await output.close();
  }
};

const openReader = (
  { grant, sandbox, keeper, image }: RunContext,
  workspace: string,
  base: BaseEntries,
): Promise<WorkspaceReader> =>
  WorkspaceReader.open({
    sandbox,
    keeper,
    leaseId: `${grant.lease.id}-harvest`,
    workspace,
    image: image,
    base,
    limits: grant.limits,
  });

const handOver = async (
  { grant, calls, keeper, git, scratch }: RunContext,
  reader: WorkspaceReader,
  base: Base,
  bareDir: string,
  entries: BaseEntries,
  before: HarvestReport,
): Promise<Completion> => {
  const answer = await harvest({ git, bareDir, scratch, base, entries, reader, limits: grant.limits });
  const report = { ...before, ...answer.notes };
  if (!answer.ok) return failed(answer.code, answer.message, report);
  const { patch, tree } = answer;
  if (patch === null) return { outcome: 'noop', report };
  const artifact = digestOf(patch);
  await keeper.insist((signal) => calls.upload(artifact, patch, signal));
  return {
    outcome: 'succeeded',
    result: { kind: 'patch', patch: artifact, base: base.commit, tree, report },
  };
};
