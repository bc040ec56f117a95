import type { Finding } from '@gatehouse/contracts';
import { decide, finding, missing, type StaticGate } from '../gate.js';
import { quotePath } from '../quote.js';
import { severityOf } from '../stance.js';

const link = '120000';

const reasons = {
  inside: '',
  outside: 'leads out of the repository',
  absolute: 'is absolute',
  into_git: 'leads into .git',
  loop: 'leads through too many links',
  too_long: 'is too long',
  empty: 'is empty',
} as const;

export const symlink: StaticGate = {
  id: 'symlink',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 2,
  summary: 'Symbolic links change only where the policy lets them, and never lead outside',
  always: true,
  reads: ['symlinks'],
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    const severity = severityOf(policy.symlinks);
    const findings: Finding[] = [];
    for (const { path, oldMode, newMode } of change.entries) {
      if (oldMode !== link && newMode !== link) continue;
      if (severity !== null) {
        const message = 'A symbolic link is added, changed or removed.';
        const next =
          severity === 'block' ? 'Use a plain file.' : 'A person has to look at where the link leads.';
        findings.push(finding({ code: 'symlink.changed', severity, message, next, path }));
      }
      if (newMode !== link) continue;
      const facts = change.links.get(path);
      if (facts === undefined) {
        // Forbidden anyway: where it leads makes no difference.
        if (severity === 'block') continue;
        return missing('where a symbolic link leads');
      }
      if (facts.leads === 'inside') continue;
      const message = `The target of this link ${reasons[facts.leads]}.`;
      const next = 'Point the link at a path inside the repository.';
      const evidence = quotePath(facts.target);
      findings.push(finding({ code: 'symlink.target', severity: 'block', message, next, path, evidence }));
    }
    return decide(findings);
  },
};
