import type { EffectivePolicy, Finding, GateResult, VerdictOutcome } from '@gatehouse/contracts';
import { canonicalJson } from '@gatehouse/proof';
import type { z } from 'zod';
import { noFacts, type ContextFacts } from './facts.js';
import { ask, type Gate } from './gate.js';
import { changeOf, patchFactsOf, type PatchShape, type TreeShape } from './shape.js';
import { combine, decides, requiredGates, weigh } from './verdict/verdict.js';

/** A stored verdict with all that is kept to decide it again. */
export interface PastVerdict {
  readonly outcome: z.infer<typeof VerdictOutcome>;
  readonly approvalsNeeded: boolean;
  readonly gates: readonly GateResult[];
  /** As the gates gave them, of those that the policy weighed otherwise. */
  readonly unweighed: readonly GateResult[];
  readonly baseTree: string;
  readonly tree: string;
  readonly patch: PatchShape | null;
}

export type TrialOutcome = z.infer<typeof VerdictOutcome> | 'pass_with_approval' | 'undetermined';

export interface Retrial {
  readonly was: TrialOutcome;
  readonly would: TrialOutcome;
  /** Of the gate that makes the difference. */
  readonly gate: string | null;
  readonly reason: string;
}

// What comes out of the database has its keys in another order.
const equal = (a: unknown, b: unknown): boolean => a === b || canonicalJson(a) === canonicalJson(b);

/** What of another policy bears on answers that were given. */
export interface Difference {
  /** Gates that have to be asked again, since what they read of the policy is another. */
  readonly again: ReadonlySet<string>;
  /** Other commands would have to run. */
  readonly commands: boolean;
}

export const differenceOf = (
  gates: readonly Gate[],
  then: EffectivePolicy,
  now: EffectivePolicy,
): Difference => ({
  again: new Set(
    gates
      .filter(({ reads = [] }) => reads.some((field) => !equal(then[field], now[field])))
      .map(({ id }) => id),
  ),
  commands: !equal([then.commands, then.setup], [now.commands, now.setup]),
});

/** What a gate says of the shape that was kept; undefined where that does not suffice. */
const askShape = (
  gate: Gate,
  policy: EffectivePolicy,
  { baseTree, tree, patch }: PastVerdict,
  shape: TreeShape | undefined,
): GateResult | undefined => {
  if (shape === undefined) return undefined;
  const facts: ContextFacts = {
    ...noFacts,
    ...(patch === null ? {} : patchFactsOf(patch)),
    policy,
    change: changeOf(baseTree, tree, shape),
  };
  const result = ask(gate, facts, () => {});
  return result.answer === 'error' ? undefined : result;
};

const nameOf = (outcome: TrialOutcome, approvals: boolean): TrialOutcome =>
  outcome === 'pass' && approvals ? 'pass_with_approval' : outcome;

interface Told {
  readonly gate: string;
  readonly finding: Finding;
}

const rank = { block: 2, require_approval: 1, warn: 0 } as const;

const toldBy = (results: readonly GateResult[], least: 1 | 2): Told[] =>
  results
    .filter(decides)
    .flatMap(({ gate, findings }) =>
      findings.filter(({ severity }) => rank[severity] >= least).map((finding) => ({ gate, finding })),
    );

const same = (a: Told, b: Told): boolean =>
  a.gate === b.gate && a.finding.code === b.finding.code && a.finding.path === b.finding.path;

const sentence = ({ path, message }: Finding): string =>
  path === undefined ? message : `${path}: ${message}`;

/** What stands now and did not before; else what stood and does no more. */
const because = (
  before: readonly GateResult[],
  after: readonly GateResult[],
): Pick<Retrial, 'gate' | 'reason'> => {
  for (const least of [2, 1] as const) {
    const [old, made] = [toldBy(before, least), toldBy(after, least)];
    const fresh = made.find((told) => !old.some((other) => same(told, other)));
    if (fresh !== undefined) return { gate: fresh.gate, reason: sentence(fresh.finding) };
    const gone = old.find((told) => !made.some((other) => same(told, other)));
    if (gone !== undefined)
      return { gate: gone.gate, reason: `${gone.gate} no longer objects: ${sentence(gone.finding)}` };
  }
  return { gate: null, reason: 'The policy weighs the answers of the gates otherwise.' };
};

/** What a gate answered then, as no policy had weighed it yet; undefined where only the weighed answer is kept. */
const givenBy = ({ gates, unweighed }: PastVerdict, id: string): GateResult | undefined => {
  const shown = gates.find(({ gate }) => gate === id);
  const marked = shown !== undefined && (shown.required === false || shown.staged === true);
  return unweighed.find(({ gate }) => gate === id) ?? (marked ? undefined : shown);
};

/**
 * What a verdict would be under another policy: gates that read nothing of what changed keep their answers, the
 * others are asked on the shape that was kept, and all are weighed anew. Whoever cannot be asked makes it
 * undetermined, unless the others refuse anyway. `shape` is only needed where a gate has to be asked again.
 */
export const retry = (
  gates: readonly Gate[],
  past: PastVerdict,
  now: EffectivePolicy,
  { again, commands }: Difference,
  shape: TreeShape | undefined,
): Retrial => {
  const was = nameOf(past.outcome, past.approvalsNeeded);
  const required = requiredGates(gates, now.gates);
  const known: GateResult[] = [];
  const unknown: string[] = [];
  for (const gate of gates) {
    if (gate.stage === 'command') continue;
    const asked = again.has(gate.id) ? askShape(gate, now, past, shape) : givenBy(past, gate.id);
    if (asked !== undefined) known.push(asked);
    else if (required.includes(gate.id)) unknown.push(gate.id);
  }
  const before = weigh(known, gates, now.gates);
  const staged = before.every((result) => result.answer === 'pass' || !decides(result));
  const after = [...before];
  let missing: string | undefined = unknown[0];
  if (staged) {
    const noop = past.tree === past.baseTree;
    for (const { id, part, summary } of gates.filter(({ stage }) => stage === 'command')) {
      const own = givenBy(past, id);
      // All but one of them look at commands that run tests, and have nothing to say where there are none.
      const asked = now.commands.some(({ tests }) => id === 'commands' || tests !== undefined);
      if (!asked || noop) after.push({ gate: id, part, summary, answer: 'pass', findings: [] });
      else if (own !== undefined && !commands && !again.has(id))
        after.push(...weigh([own], gates, now.gates));
      else if (required.includes(id)) missing ??= id;
    }
  }
  const { outcome, approvalsNeeded } = combine(after, required);
  if (outcome !== 'fail' && missing !== undefined)
    return {
      was,
      would: 'undetermined',
      gate: missing,
      reason: `What ${missing} would say is not known: ${
        unknown.includes(missing)
          ? 'it looks at contents, which are not kept, or was not asked then'
          : 'its commands would have to run'
      }.`,
    };
  const would = nameOf(outcome, approvalsNeeded);
  return would === was
    ? { was, would, gate: null, reason: '' }
    : { was, would, ...because(past.gates, after) };
};
