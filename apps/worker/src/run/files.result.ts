import { maxArtifactBytes, type HarvestReport } from '@gatehouse/contracts';
import type { Completion } from '../lease/lease.calls.js';
import { notesOf, passedBound } from '../workspace/harvest.js';
import { decideChange, type Refusal } from '../workspace/harvest.change.js';
import { listWorkspace } from '../workspace/harvest.listing.js';
import { pathUtf8 } from '../workspace/tree.name.js';
import type { WorkspaceReader } from '../workspace/workspace.reader.js';
import { digestOf } from './artifact.digest.js';
import type { RunContext } from './run.context.js';
import { failed } from './run.outcome.js';

/** As many as a result may name. */
const mostFiles = 1000;
const mostPathBytes = 4096;

/** A task without a repository: every regular file it left is its output. */
export const collectFiles = async (
  { grant, calls, keeper }: RunContext,
  reader: WorkspaceReader,
  before: HarvestReport,
): Promise<Completion> => {
  const { limits } = grant;
  const nothing = new Map();
  const listing = await listWorkspace(reader, nothing, async () => new Set());
  const change = decideChange(nothing, listing.listed);
  const refused: Refusal[] = [...change.refused];
  const wanted = change.writes.filter(({ path, mode, size }) => {
    const reason =
      mode === '120000'
        ? 'is a symbolic link; only regular files are kept'
        : size > maxArtifactBytes
          ? `has more than ${maxArtifactBytes} bytes, the most an artifact may have`
          : pathUtf8(path) === undefined || path.length > mostPathBytes
            ? 'has a name that is not UTF-8 or is too long'
            : null;
    if (reason !== null) refused.push({ path, reason });
    return reason === null;
  });
  const report = (): HarvestReport => ({ ...before, ...notesOf(listing.ignored, refused) });
  const passed = passedBound(reader, listing, { ...change, writes: wanted }, limits);
  if (passed !== null) return failed(passed.code, passed.message, report());
  if (wanted.length > mostFiles) {
    return failed(
      'harvest.too_many',
      `The task left ${wanted.length} files; ${mostFiles} are allowed. Pack them into one.`,
      report(),
    );
  }
  const files: { path: string; artifact: string; size: number }[] = [];
  for (const { path, size } of wanted) {
    const bytes = await reader.read(path, size);
    if (bytes === undefined) {
      refused.push({ path, reason: 'could not be read' });
      continue;
    }
    const artifact = digestOf(bytes);
    await keeper.insist((signal) => calls.upload(artifact, bytes, signal));
    files.push({ path: pathUtf8(path) ?? '', artifact, size: bytes.length });
  }
  if (files.length === 0) return { outcome: 'noop', report: report() };
  return { outcome: 'succeeded', result: { kind: 'files', files, report: report() } };
};
