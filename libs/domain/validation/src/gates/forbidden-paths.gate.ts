import type { Finding } from '@gatehouse/contracts';
import { forbidSet, type ForbidSet } from '@gatehouse/policy';
import { decide, finding, missing, type StaticGate } from '../gate.js';

/** A repair asks about one policy many times, and to compile its patterns takes longer than to ask about 50 paths. */
const compiled = new WeakMap<readonly string[], ForbidSet>();

const setOf = (patterns: readonly string[]): ForbidSet => {
  const set = compiled.get(patterns) ?? forbidSet(patterns);
  compiled.set(patterns, set);
  return set;
};

export const forbiddenPaths: StaticGate = {
  id: 'forbidden-paths',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'No changed path is forbidden by any policy layer, in whatever case or Unicode form',
  always: true,
  reads: ['forbiddenPaths'],
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const forbidden = setOf(policy.forbiddenPaths);
    const findings: Finding[] = [];
    for (const { path } of change.entries) {
      const pattern = forbidden.match(path);
      if (pattern === null) continue;
      const message = `The policy forbids this path to change, by ${pattern}.`;
      const next = 'Leave this path out of the change.';
      findings.push(finding({ code: 'path.forbidden', severity: 'block', message, next, path }));
    }
    return decide(findings);
  },
};
