import type { Finding } from '@gatehouse/contracts';
import { runtimeArtifactSet } from '@gatehouse/policy';
import { decide, finding, missing, type StaticGate } from '../gate.js';

export const runtimeArtifacts: StaticGate = {
  id: 'runtime-artifacts',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 1,
  summary: 'Nothing that only running leaves behind: logs, .env, node_modules, databases, caches (I4)',
  always: true,
  reads: ['runtimeArtifacts'],
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const artifacts = runtimeArtifactSet(policy.runtimeArtifacts);
    const findings: Finding[] = [];
    for (const { path, newMode } of change.entries) {
      // Removing one that got in earlier is welcome.
      const pattern = newMode === '000000' ? null : artifacts.match(path);
      if (pattern === null) continue;
      const message = `This is left behind by running and is never published (${pattern}).`;
      const next = 'Delete it, and add it to .gitignore so that it stays out.';
      findings.push(finding({ code: 'path.runtime_artifact', severity: 'block', message, next, path }));
    }
    return decide(findings);
  },
};
