import type { Finding } from '@gatehouse/contracts';
import type { ChangeEntry } from '../facts.js';
import { decide, finding, missing, type ContextGate } from '../gate.js';
import type { PatchFile } from '../patch/parsed.js';

type Sides = Pick<PatchFile, 'oldMode' | 'newMode' | 'oldOid' | 'newOid'>;

/** One line for each path: the two halves of a type change become one. */
const sidesByPath = (files: readonly PatchFile[]): Map<string, Sides> => {
  const sides = new Map<string, Sides>();
  for (const file of files) {
    const old = sides.get(file.path);
    sides.set(file.path, old === undefined ? file : { ...file, oldMode: old.oldMode, oldOid: old.oldOid });
  }
  return sides;
};

const block = (code: string, message: string, path?: ChangeEntry['path']): Finding =>
  finding({
    code,
    severity: 'block',
    message,
    next: 'Make the patch anew on the recorded base with git diff --binary --full-index --no-renames.',
    path,
  });

const sameSides = (entry: ChangeEntry, says: Sides): boolean =>
  entry.oldMode === says.oldMode &&
  entry.newMode === says.newMode &&
  (says.oldOid === null
    ? entry.oldOid === entry.newOid
    : entry.oldOid === says.oldOid && entry.newOid === says.newOid);

/** Paths that only one of patch and trees names, or that they describe differently. */
const compare = (files: readonly PatchFile[], entries: readonly ChangeEntry[]): Finding[] => {
  const says = sidesByPath(files);
  const findings: Finding[] = [];
  for (const entry of entries) {
    const side = says.get(entry.path);
    says.delete(entry.path);
    if (side === undefined) {
      findings.push(
        block('patch.unnamed_change', 'The tree changes here, but the patch does not say so.', entry.path),
      );
    } else if (side.oldOid !== null && side.oldOid !== entry.oldOid) {
      findings.push(
        block('patch.other_base', 'The patch was made on another version of this file.', entry.path),
      );
    } else if (!sameSides(entry, side)) {
      findings.push(
        block('patch.other_result', 'The patch names another content or mode than it leads to.', entry.path),
      );
    }
  }
  for (const path of says.keys()) {
    findings.push(
      block(
        'patch.no_effect',
        'The patch names this path, but the tree does not change there.',
        path as ChangeEntry['path'],
      ),
    );
  }
  return findings;
};

export const roundTrip: ContextGate = {
  id: 'round-trip',
  group: 'artifact',
  part: 'context',
  stage: 'tree',
  version: 2,
  summary: 'The patch leads from the base to one tree, the one that it names, and back through git again',
  always: true,
  check: ({ patch, roundTrip: trip, change, base }) => {
    if (patch === null || !patch.ok) return missing('what the patch holds');
    if (trip === null) return missing('the result of applying the patch');
    if ('refused' in trip) {
      const found = block(
        trip.code,
        'The patch cannot be applied to the recorded base, exactly as it stands.',
      );
      return decide([{ ...found, evidence: trip.refused.slice(0, 2000) }]);
    }
    if (change === null) return missing('the candidate tree');
    if (base === null || base.tree === null) return missing('the base');
    const findings = compare(patch.files, change.entries);
    if (change.baseTree !== base.tree)
      findings.push(block('base.tree_differs', 'The tree judged against is not that of the base.'));
    if (trip.appliedTree !== change.tree)
      findings.push(block('patch.tree_differs', 'The tree judged is not the one that the patch makes.'));
    if (trip.declaredTree !== null && trip.declaredTree !== trip.appliedTree) {
      findings.push(
        block('patch.tree_mismatch', 'The patch does not lead to the tree that was declared beside it.'),
      );
    }
    if (trip.regeneratedTree !== trip.appliedTree) {
      findings.push(block('patch.round_trip', 'The patch made again from the tree leads to another tree.'));
    }
    return decide(findings);
  },
};
