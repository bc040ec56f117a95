import { globSet } from '@gatehouse/policy';
import { decide, finding, missing, type StaticGate } from '../gate.js';

export const allowedPaths: StaticGate = {
  id: 'allowed-paths',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Every changed path is allowed by every policy layer',
  always: true,
  reads: ['allowedPaths'],
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const lists = policy.allowedPaths.map((globs) => globSet(globs));
    const isAllowed = (path: Parameters<(typeof lists)[0]['match']>[0]): boolean =>
      lists.length > 0 && lists.every((list) => list.match(path) !== null);
    return decide(
      change.entries
        .filter(({ path }) => !isAllowed(path))
        .map(({ path }) =>
          finding({
            code: 'path.not_allowed',
            severity: 'block',
            message: 'The policy does not allow this path to change.',
            next: 'Keep to the allowed paths, or ask for this one in the policy.',
            path,
          }),
        ),
    );
  },
};
