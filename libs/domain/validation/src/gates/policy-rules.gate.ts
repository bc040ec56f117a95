import type { Finding, PolicyAction } from '@gatehouse/contracts';
import { decideEach } from '@gatehouse/policy';
import type { ChangeEntry } from '../facts.js';
import { decide, finding, missing, type StaticGate } from '../gate.js';

const link = '120000';
const gitlink = '160000';
const executable = '100755';

/** Whether the new side is something else than a plain file, and was not so before. */
const changesMode = ({ oldMode, newMode }: ChangeEntry): boolean =>
  newMode !== oldMode && [link, gitlink, executable].includes(newMode);

const actionsOf = (entry: ChangeEntry): PolicyAction[] =>
  changesMode(entry) ? ['path.change', 'mode.change'] : ['path.change'];

const words = {
  'path.change': 'Leave this path as it is.',
  'mode.change': 'Make it a plain file that is not executable.',
} as Readonly<Record<PolicyAction, string>>;

export const policyRules: StaticGate = {
  id: 'policy-rules',
  group: 'paths',
  part: 'static',
  stage: 'tree',
  version: 3,
  summary: 'The rules of every policy layer permit each path and mode that changes',
  always: true,
  reads: ['rules'],
  check: ({ change, policy }) => {
    if (change === null) return missing('the candidate tree');
    // No layer says anything about any path.
    if (policy.rules.length === 0) return decide([]);
    // Nothing is in the context: the answer depends on content alone (I8).
    const context = { tainted: false, level: null };
    const rules = { digest: '', rules: policy.rules };
    const findings: Finding[] = [];
    for (const entry of change.entries)
      for (const action of actionsOf(entry)) {
        const ask = { subject: null, action, resource: entry.path, context };
        for (const { effect, reason, rule, layer } of decideEach(rules, ask)) {
          if (effect === 'permit') continue;
          const forbids = effect === 'forbid';
          findings.push(
            finding({
              code: forbids ? 'rule.forbids' : 'rule.asks',
              severity: forbids ? 'block' : 'require_approval',
              message: reason,
              next: forbids ? (words[action] ?? '') : 'A person has to look at it.',
              path: entry.path,
              ...(layer !== null && { rule: { id: rule, ...layer } }),
            }),
          );
        }
      }
    return decide(findings);
  },
};
