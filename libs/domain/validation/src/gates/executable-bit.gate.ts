import type { Finding } from '@gatehouse/contracts';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { severityOf } from '../stance.js';

const executable = '100755';

export const executableBit: StaticGate = {
  id: 'executable-bit',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Files become or cease to be executable only where the policy lets them',
  always: true,
  reads: ['executables'],
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const severity = severityOf(policy.executables);
    if (severity === null) return decide([]);
    const findings: Finding[] = [];
    for (const { path, oldMode, newMode } of change.entries) {
      const becomes = newMode === executable && oldMode !== executable;
      const ceases = oldMode === executable && newMode === '100644';
      if (!becomes && !ceases) continue;
      const message = becomes ? 'The file becomes executable.' : 'The file ceases to be executable.';
      const next = severity === 'block' ? 'Leave the mode as it is.' : 'A person has to agree to the mode.';
      findings.push(finding({ code: 'mode.executable', severity, message, next, path }));
    }
    return decide(findings);
  },
};
