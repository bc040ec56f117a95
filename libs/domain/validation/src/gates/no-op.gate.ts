import { decide, finding, missing, type StaticGate } from '../gate.js';
import { noopCode } from '../verdict/verdict.js';

export const noOp: StaticGate = {
  id: 'no-op',
  group: 'artifact',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Something changes; a candidate that changes nothing is an outcome of its own, not a failure',
  always: true,
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    const same = change.tree === change.baseTree;
    if (same && change.entries.length > 0) return missing('a list of changes that fits the trees');
    if (same) {
      const message = 'The candidate has the tree of its base: nothing changes.';
      return decide([finding({ code: noopCode, severity: 'warn', message, next: 'Nothing.' })]);
    }
    if (change.entries.length > 0) return decide([]);
    const message = 'The trees differ, yet no path does: a tree object is written in an unusual way.';
    const next = 'Make the change with an unmodified git.';
    return decide([finding({ code: 'change.invisible', severity: 'block', message, next })]);
  },
};
