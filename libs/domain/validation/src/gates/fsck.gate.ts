import { decide, finding, missing, type StaticGate } from '../gate.js';

export const fsck: StaticGate = {
  id: 'fsck',
  group: 'artifact',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: "Git's own strict check finds no fault in the new objects",
  always: true,
  check: ({ change }) => {
    if (change === null) return missing('the candidate tree');
    if (change.fsck === null) return missing('the result of git fsck');
    return decide(
      change.fsck.map(({ oid, code, message, inherited }) =>
        finding({
          code: inherited ? 'fsck.inherited' : 'fsck.fault',
          severity: inherited ? 'warn' : 'block',
          message: `git fsck: ${code} in object ${oid}${inherited ? ', which the base already has' : ''}.`,
          next: inherited ? 'Nothing: it is as old as the base.' : 'Undo what makes git find this fault.',
          evidence: message,
        }),
      ),
    );
  },
};
