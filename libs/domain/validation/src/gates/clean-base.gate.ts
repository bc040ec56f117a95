import { decide, finding, missing, type ContextGate } from '../gate.js';

export const cleanBase: ContextGate = {
  id: 'clean-base',
  group: 'base',
  part: 'context',
  stage: 'artifact',
  version: 1,
  summary: 'The recorded base exists and is part of the branch that it was taken from',
  always: true,
  check: ({ base }) => {
    if (base === null) return missing('the base');
    if (base.tree === null) {
      const message = `The mirror has no commit ${base.commit}.`;
      const next = 'Submit the job again on a base that the repository has.';
      return decide([finding({ code: 'base.missing', severity: 'block', message, next })]);
    }
    if (base.reachable === null) return missing('whether the base is in the history of its branch');
    if (base.reachable) return decide([]);
    const message = `The commit ${base.commit} is no longer in the history of the branch it was taken from.`;
    const next = 'The branch was rewritten: submit the job again on its present head.';
    return decide([finding({ code: 'base.unreachable', severity: 'block', message, next })]);
  },
};
