import type { Finding } from '@gatehouse/contracts';
import { changedFiles, type ChangedFile } from '../changed.files.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { takenPath } from '../names.js';
import { faultsOf, losesPermissions, type WorkflowFault } from '../workflows/workflow.fault.js';
import { readLeaves, type Leaf } from '../workflows/workflow.leaf.js';

const workflow =
  /^\.(?:github|gitea|forgejo)\/(?:workflows\/[^/]+\.ya?ml|actions\/.*\/?action\.ya?ml)$|(?:^|\/)action\.ya?ml$/;

const next = 'Leave it out: write it so that it has no more rights, secrets and strangers in it than before.';
const blocked = (
  path: ChangedFile['path'],
  { code, message, line, evidence }: Omit<WorkflowFault, 'key'>,
): Finding =>
  finding({
    code,
    severity: 'block',
    message,
    next,
    path,
    line,
    ...(evidence === undefined ? {} : { evidence }),
  });

const leavesOf = (text: string | null | undefined): readonly Leaf[] => {
  const read = text == null ? null : readLeaves(text);
  return read?.ok === true ? read.leaves : [];
};

const findingsOf = ({ path, old, new: made }: ChangedFile): Finding[] => {
  if (made === null) return [];
  const read = made.text === null ? null : readLeaves(made.text);
  if (read?.ok !== true) {
    const message = `What this workflow does cannot be told: ${read?.why ?? 'it is no text'}.`;
    return [blocked(path, { code: 'workflow.unreadable', message, line: read?.line ?? 1 })];
  }
  const before = leavesOf(old?.text);
  const known = new Set(faultsOf(before).map(({ key }) => key));
  const faults = faultsOf(read.leaves).filter(({ key }) => !known.has(key));
  const findings = faults.map((fault) => blocked(path, fault));
  if (losesPermissions(before, read.leaves)) {
    const message = 'It no longer says what its token may do: the defaults of the repository count.';
    findings.push(blocked(path, { code: 'workflow.permissions', message, line: 1 }));
  }
  return findings.slice(0, 1000);
};

export const workflowSemantics: StaticGate = {
  id: 'workflow-semantics',
  group: 'content',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'No workflow gains rights, secrets, runners, unpinned actions or the input of strangers',
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    const files = changedFiles(change).filter(({ path }) => workflow.test(takenPath(path)));
    return decide(files.flatMap(findingsOf));
  },
};
