import { join } from 'node:path';
import { durationMs, maxArtifactBytes, type LeaseGrant } from '@gatehouse/contracts';
import { applyPatch, diffTrees, noObject, openQuarantine, readBlobs } from '@gatehouse/git';
import type { Completion } from '../lease/lease.calls.js';
import { materialise, type Base } from '../workspace/materialise.js';
import { pathKey } from '../workspace/tree.name.js';
import { TreePatcher, type TreeStep } from '../workspace/tree.patcher.js';
import { digestOf } from './artifact.digest.js';
import { receive } from './base.intake.js';
import { CommandRunner, type CommandOutcome } from './command.runner.js';
import { OutputPump } from './output.pump.js';
import type { RunContext } from './run.context.js';
import { failed } from './run.outcome.js';
import { copyFolder, removeFolder } from './scratch.folder.js';

type Validation = NonNullable<LeaseGrant['validate']>;

/**
 * Runs commands on the tree of a candidate. `setup` runs on the base alone; each command then runs in a sandbox of
 * its own on a workspace of its own, so that none can prepare the verdict of the next.
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
    for (const [i, run] of validate.setup.entries()) {
      const outcome = await runner.run(`setup-${i + 1}`, run, grant.limits.executionMs, workspace);
      keeper.signal.throwIfAborted();
      if (outcome.outcome !== 'passed') {
        return failed(
          'validate.setup_failed',
          `The setup command "${run.slice(0, 200)}" ended as ${outcome.outcome} on the base itself, so nothing can be said about the change. Its last output:\n${outcome.tail.slice(-1500)}`,
        );
      }
    }
    new TreePatcher(workspace).apply(candidate.steps);
    const commands: CommandOutcome[] = [];
    for (const [i, { name, run, timeout }] of validate.commands.entries()) {
      const last = i === validate.commands.length - 1;
      // A full copy for each but the last, which may have the original: nothing that a command leaves is seen again.
      const place = last ? workspace : join(scratch, `workspace-${i + 1}`);
      if (!last) await copyFolder(workspace, place);
      commands.push(await runner.run(name, run, durationMs(timeout), place));
      keeper.signal.throwIfAborted();
      await removeFolder(place);
    }
    return { outcome: 'succeeded', result: { kind: 'commands', commands, image } };
  } finally {
    await output.close();
  }
};

type Candidate =
  | { readonly ok: true; readonly steps: readonly TreeStep[] }
  | { readonly ok: false; readonly ending: Completion };

/** Makes the candidate's tree of base and patch, holds it against the lease's word, and reads what differs. */
const readCandidate = async (
  { grant, git, keeper, calls, scratch }: RunContext,
  bareDir: string,
  base: Base,
  { patch, tree }: Validation,
): Promise<Candidate> => {
  const no = (code: string, message: string): Candidate => ({ ok: false, ending: failed(code, message) });
  const bytes = await keeper.insist((signal) => calls.artifact(patch, signal));
  if (digestOf(bytes) !== patch)
    return no('artifact.digest_mismatch', `The bytes of ${patch} have another digest; nothing was run.`);
  const { harvestBytes, harvestEntries } = grant.limits;
  const quarantine = await openQuarantine(join(scratch, 'quarantine'), bareDir);
  const applied = await applyPatch(git, quarantine, base.commit, bytes, {
    maxPatchBytes: maxArtifactBytes,
    maxBlobBytes: harvestBytes,
    maxTotalBytes: harvestBytes * 2,
    maxFiles: harvestEntries,
  });
  if (!applied.ok)
    return no(
      'validate.patch_refused',
      `The patch does not apply to its base (${applied.reason}): ${applied.detail}`,
    );
  if (applied.tree !== tree)
    return no(
      'validate.tree_mismatch',
      `The patch leads to the tree ${applied.tree}, but the lease names ${tree}; nothing was run.`,
    );
  const steps: TreeStep[] = [];
  const wanted: { path: Buffer; mode: string; oid: string }[] = [];
  for await (const { path, newMode, newOid } of diffTrees(git, quarantine.gitDir, base.tree, tree)) {
    if (newOid === noObject) steps.push({ path: pathKey(path), entry: null });
    else if (newMode === '160000')
      steps.push({ path: pathKey(path), entry: { mode: newMode, content: Buffer.alloc(0) } });
    else wanted.push({ path, mode: newMode, oid: newOid });
  }
  let next = 0;
  for await (const { content } of readBlobs(
    git,
    quarantine.gitDir,
    wanted.map(({ oid }) => oid),
    { maxBytes: harvestBytes },
  )) {
    const entry = wanted[next++];
    if (entry !== undefined) steps.push({ path: pathKey(entry.path), entry: { mode: entry.mode, content } });
  }
  return { ok: true, steps };
};
