import type { ApprovalCause, GateResult } from '@gatehouse/contracts';
import type { Decision } from '@gatehouse/policy';
import { decides } from '@gatehouse/validation';

/** More paths help nobody who reads; the candidate has them all. */
const maxPaths = 20;

const ofQuorum = (quorum: number): ApprovalCause[] =>
  quorum === 0
    ? []
    : [
        {
          reason: `promotion.approvals.quorum of the policy asks for ${quorum === 1 ? 'an approval' : `${quorum} approvals`} of whatever is published.`,
          rule: 'promotion.approvals.quorum',
          layer: null,
          gate: null,
          code: null,
          paths: [],
          morePaths: 0,
        },
      ];

/** What the gates want a person to accept: findings of one gate, code and rule are one cause. */
export const causesFound = (gates: readonly GateResult[]): ApprovalCause[] => {
  const found = new Map<string, ApprovalCause>();
  for (const { gate, findings } of gates.filter(decides))
    for (const { severity, code, message, path, rule } of findings) {
      if (severity !== 'require_approval') continue;
      const key = JSON.stringify([gate, code, rule ?? null]);
      const before = found.get(key) ?? {
        reason: message,
        rule: rule?.id ?? null,
        layer: rule === undefined ? null : { layer: rule.layer, name: rule.name },
        gate,
        code,
        paths: [],
        morePaths: 0,
      };
      const isNew = path !== undefined && !before.paths.includes(path);
      const fits = before.paths.length < maxPaths;
      found.set(key, {
        ...before,
        paths: isNew && fits ? [...before.paths, path] : before.paths,
        morePaths: before.morePaths + (isNew && !fits ? 1 : 0),
      });
    }
  return [...found.values()];
};

/** All that asks for an approval, gathered into the one request that people answer. */
export const causesOf = ({
  quorum,
  asks,
  gates,
}: {
  /** Of the policy. */
  readonly quorum: number;
  readonly asks: readonly Decision[];
  readonly gates: readonly GateResult[];
}): ApprovalCause[] => [
  ...ofQuorum(quorum),
  ...asks.map(({ reason, rule, layer }) => ({
    ...{ reason, rule, layer },
    ...{ gate: null, code: null, paths: [], morePaths: 0 },
  })),
  ...causesFound(gates),
];
