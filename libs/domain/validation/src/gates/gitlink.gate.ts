import type { Finding } from '@gatehouse/contracts';
import { foldPath } from '@gatehouse/policy';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { severityOf } from '../stance.js';

const gitlinkMode = '160000';

export const gitlink: StaticGate = {
  id: 'gitlink',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Submodules and .gitmodules change only where the policy lets them',
  always: true,
  reads: ['gitlinks'],
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const severity = severityOf(policy.gitlinks);
    if (severity === null) return decide([]);
    const findings: Finding[] = [];
    const next =
      severity === 'block' ? 'Leave submodules as they are.' : 'A person has to look at the submodule.';
    for (const { path, oldMode, newMode } of change.entries) {
      if (oldMode === gitlinkMode || newMode === gitlinkMode) {
        const message = 'A submodule is added, moved to another commit or removed.';
        findings.push(finding({ code: 'gitlink.changed', severity, message, next, path }));
      } else if (foldPath(path) === '.gitmodules') {
        const message = 'The list of submodules changes.';
        findings.push(finding({ code: 'gitlink.gitmodules', severity, message, next, path }));
      }
    }
    return decide(findings);
  },
};
