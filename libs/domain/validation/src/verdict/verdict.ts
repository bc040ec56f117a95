import type { Command, EffectivePolicy, GateResult, Verdict } from '@gatehouse/contracts';
import { digestOf } from '@gatehouse/proof';
import type { Gate } from '../gate.js';

export type Outcome = Verdict['outcome'];

/** Code of the finding by which the gate `no-op` says that nothing changes. */
export const noopCode = 'change.none';

/** Code of the findings by which the gate `canary` says that an agent handed on its bait. */
export const canaryCode = 'canary.found';

export interface Combined {
  readonly outcome: Outcome;
  /** A pass that carries findings a person must accept. */
  readonly approvalsNeeded: boolean;
  /** Required gates that gave no answer, since an earlier stage ended the judging or a collector broke. */
  readonly missing: readonly string[];
  /** In the order of `required`, then by id: the same answers give the same bytes. */
  readonly gates: readonly GateResult[];
}

type PolicyGates = EffectivePolicy['gates'];

const names = (list: readonly string[], id: string): boolean => list.includes('*') || list.includes(id);

/**
 * Gates that must pass under a policy, in the order of the registry, then those it names and nobody has: they never
 * answer, so nothing passes. What a policy wants to block or to stage it requires as well.
 */
export const requiredGates = (
  gates: readonly Pick<Gate, 'id' | 'always'>[],
  { required, blocking, staged }: PolicyGates,
): string[] => {
  const asked = [...required, ...blocking, ...staged];
  const known = gates.filter(({ id, always }) => always === true || names(asked, id)).map(({ id }) => id);
  const unknown = asked.filter((id) => id !== '*' && !gates.some((gate) => gate.id === id));
  return [...known, ...new Set(unknown)];
};

const lowered = (result: GateResult): GateResult => ({
  ...result,
  required: false,
  findings: result.findings.map((found) => ({ ...found, severity: 'warn' })),
});

const raised = (result: GateResult): GateResult => {
  if (!result.findings.some(({ severity }) => severity === 'require_approval')) return result;
  const findings = result.findings.map((found) =>
    found.severity === 'require_approval' ? { ...found, severity: 'block' as const } : found,
  );
  return { ...result, answer: result.answer === 'pass' ? 'fail' : result.answer, findings };
};

/**
 * Answers as the policy weighs them: a gate that is not required only warns and keeps its answer for people to see;
 * one that is blocking fails where it would have asked for an approval; one that is staged keeps what it found, which
 * does not decide but holds the candidate back (`heldBy`).
 */
export const weigh = (
  results: readonly GateResult[],
  gates: readonly Pick<Gate, 'id' | 'always'>[],
  policy: PolicyGates,
): GateResult[] => {
  const required = new Set(requiredGates(gates, policy));
  const always = new Set(gates.filter((gate) => gate.always === true).map(({ id }) => id));
  return results.map((result) => {
    if (!required.has(result.gate)) return lowered(result);
    const weighed = names(policy.blocking, result.gate) ? raised(result) : result;
    const staged = names(policy.staged, result.gate) && !always.has(result.gate);
    return staged ? { ...weighed, staged: true } : weighed;
  });
};

/** False for an answer that only warns, or that only holds back. */
export const decides = ({ required, staged }: GateResult): boolean => required !== false && staged !== true;

/** Staged gates that would have refused the candidate, or asked a person: nothing of it is published. */
export const heldBy = (results: readonly GateResult[]): string[] =>
  results
    .filter(
      ({ staged, answer, findings }) =>
        staged === true && (answer !== 'pass' || findings.some(({ severity }) => severity !== 'warn')),
    )
    .map(({ gate }) => gate);

const outcomeOf = (results: readonly GateResult[], missing: readonly string[]): Outcome => {
  const answers = new Set(results.map(({ answer }) => answer));
  // A definite block is a fail whatever else broke; it also ends the judging early, so answers may be missing.
  if (answers.has('fail')) return 'fail';
  if (answers.has('error')) return 'error';
  if (answers.has('inconclusive')) return 'inconclusive';
  // Without a fail that explains it, silence is a fault.
  if (missing.length > 0 || results.length === 0) return 'error';
  const noop = results.some(({ findings }) => findings.some(({ code }) => code === noopCode));
  return noop ? 'noop' : 'pass';
};

/**
 * The verdict that answers add up to (I8): any fail, else any error, else any inconclusive, else a required gate
 * without an answer (`error`), else noop or pass. What `weigh` marked as not required is shown and does not count;
 * any other answer does, whether or not somebody asked for it.
 */
export const combine = (results: readonly GateResult[], required: readonly string[]): Combined => {
  const answered = new Set(results.map(({ gate }) => gate));
  const missing = required.filter((id) => !answered.has(id));
  const rank = new Map(required.map((id, i) => [id, i]));
  const place = ({ gate }: GateResult): number => rank.get(gate) ?? required.length;
  const gates = [...results].sort(
    (a, b) => place(a) - place(b) || (a.gate < b.gate ? -1 : a.gate > b.gate ? 1 : 0),
  );
  const counted = gates.filter(decides);
  const outcome = outcomeOf(counted, missing);
  const asked = counted.some(({ findings }) =>
    findings.some(({ severity }) => severity === 'require_approval'),
  );
  return { outcome, approvalsNeeded: outcome === 'pass' && asked, missing, gates };
};

type Identified = Pick<Gate, 'id' | 'version' | 'part'>;

/** Names the set of gates, their versions and their code; the order they stand in does not matter. */
export const gateSetDigest = (gates: readonly Identified[], code: string): string =>
  digestOf({
    code,
    gates: gates
      .map(({ id, version, part }) => ({ id, version, part }))
      .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)),
  });

export interface StaticInputs {
  readonly baseTree: string;
  readonly tree: string;
  readonly policyDigest: string;
  readonly gateSetDigest: string;
}

/** Under what the static part of a verdict is cached (I8). */
export const staticKey = ({ baseTree, tree, policyDigest, gateSetDigest: set }: StaticInputs): string =>
  digestOf({ part: 'static', base_tree: baseTree, tree, policy: policyDigest, gate_set: set });

export interface CommandInputs extends StaticInputs {
  readonly setup: readonly string[];
  readonly commands: readonly Command[];
  readonly image: string | null;
  /** What the tests were held against, and what the job declares of them; null where no command runs tests. */
  readonly tests: { readonly base: readonly unknown[]; readonly regressions: readonly string[] } | null;
  /** Limits of the run, e.g. memory and time. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Under what the command part of a verdict is cached (I8). */
export const commandKey = ({ setup, commands, image, limits, tests, ...inputs }: CommandInputs): string =>
  digestOf({ part: 'command', static: staticKey(inputs), setup, commands, image, limits, tests });

/** An answer worth keeping: context answers, errors and inconclusive ones are asked anew every time (I8). */
export const isCacheable = ({ part, answer }: GateResult): boolean =>
  part !== 'context' && (answer === 'pass' || answer === 'fail');

/** Under what the repair of a refused change is kept: it follows from the trees and from all answers. */
export const repairKey = (key: string, results: readonly GateResult[]): string =>
  digestOf({ part: 'repair', static: key, answers: results });

/** What the static part was decided on, and what it answered. */
export const staticDigest = (key: string, results: readonly GateResult[]): string =>
  digestOf({
    key,
    answers: results
      .filter(({ part }) => part === 'static')
      .sort((a, b) => (a.gate < b.gate ? -1 : a.gate > b.gate ? 1 : 0)),
  });
