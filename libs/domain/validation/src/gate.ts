import type {
  EffectivePolicy,
  Finding,
  GateAnswer,
  GatePart,
  GateResult,
  Severity,
} from '@gatehouse/contracts';
import type { RawPath } from '@gatehouse/policy';
import type { ChangeEntry, CommandFacts, ContextFacts, StaticFacts } from './facts.js';
import { quotePath } from './quote.js';
import type { SecretHit } from './secrets/secret.hit.js';

/**
 * When a gate can be asked: `artifact` before anything is applied, `tree` once the candidate tree exists,
 * `command` once the sandbox ran. A stage that did not pass ends the judging: later gates are not asked.
 */
export const stages = ['artifact', 'tree', 'command'] as const;
export type Stage = (typeof stages)[number];

export type GateGroup = 'artifact' | 'base' | 'paths' | 'content' | 'tests';

export interface GateDecision {
  readonly answer: GateAnswer;
  readonly findings: readonly Finding[];
}

interface GateOf<Part extends GatePart, At extends Stage, Facts> {
  /** Same as the file's name, e.g. `symlink` in symlink.gate.ts. */
  readonly id: string;
  readonly group: GateGroup;
  readonly part: Part;
  readonly stage: At;
  /** Raise it with every change of what the gate answers: cached verdicts of the old one then no longer count. */
  readonly version: number;
  readonly summary: string;
  /**
   * No policy can take it out: it keeps the structure of what is published, or it alone makes a field of the policy
   * true, so that a layer which sets that field could be undone by another. A stance or a limit lifts those.
   */
  readonly always?: true;
  /**
   * Fields of the policy that its answer depends on; it is shown no other. Where they are equal, a policy that is
   * only proposed gets the same answer without asking.
   */
  readonly reads?: readonly (keyof EffectivePolicy)[];
  readonly check: (facts: Facts) => GateDecision;
}

// The facts narrow with the part, so that a gate whose answer is cached by content cannot look at anything else.
export type StaticGate = GateOf<'static', 'tree', StaticFacts>;
export type CommandGate = GateOf<'command', 'command', CommandFacts>;
export type ContextGate = GateOf<'context', 'artifact' | 'tree', ContextFacts>;
export type Gate = StaticGate | CommandGate | ContextGate;

export interface FindingInput {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly next: string;
  readonly path?: RawPath;
  /** Of the new file, from 1; of the old one where the path is deleted. */
  readonly line?: number;
  /** Last line of the place; absent where it is one line. */
  readonly endLine?: number;
  readonly evidence?: string;
}

const maxEvidence = 2000;

/** A cut through a surrogate pair would leave text that canonical JSON refuses. */
const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

export const finding = ({ path, line, endLine, evidence, ...rest }: FindingInput): Finding => ({
  ...rest,
  ...(line === undefined ? {} : { startLine: line, endLine: endLine ?? line }),
  ...(path === undefined ? {} : { path: quotePath(path) }),
  ...(evidence === undefined ? {} : { evidence: wellFormed(evidence.slice(0, maxEvidence)) }),
});

/** More findings of one gate help nobody and could be made in any number by a hostile candidate. */
export const maxFindings = 100;

const severities: readonly Severity[] = ['block', 'require_approval', 'warn'];

const order = (a: Finding, b: Finding): number => {
  const rank = severities.indexOf(a.severity) - severities.indexOf(b.severity);
  if (rank !== 0) return rank;
  const [x, y] = [a, b].map(({ path = '', startLine = 0, code, message }) =>
    [path, String(startLine).padStart(10, '0'), code, message].join('\0'),
  );
  return x! < y! ? -1 : x! > y! ? 1 : 0;
};

/** The decision that findings mean: any block is a fail. Sorted, so that the same facts give the same bytes. */
export const decide = (findings: readonly Finding[]): GateDecision => {
  const sorted = [...findings].sort(order);
  const answer = sorted[0]?.severity === 'block' ? 'fail' : 'pass';
  if (sorted.length <= maxFindings) return { answer, findings: sorted };
  const kept = sorted.slice(0, maxFindings - 1);
  const more = finding({
    code: 'gate.more_findings',
    severity: sorted[maxFindings - 1]!.severity,
    message: `${sorted.length - kept.length} more findings of this gate are not listed.`,
    next: 'Fix the listed ones first, then submit again to see the rest.',
  });
  return { answer, findings: [...kept, more] };
};

/** The answer of a gate that lacks a fact: silence never passes. */
export const missing = (fact: string): GateDecision => ({
  answer: 'error',
  findings: [
    finding({
      code: 'gate.fact_missing',
      severity: 'block',
      message: `This gate could not decide: ${fact} is not known.`,
      next: 'Judge the candidate again; if this stays, look for a failed collector in the log of the engine.',
    }),
  ],
});

const broken = (): GateDecision => ({
  answer: 'error',
  findings: [
    finding({
      code: 'gate.broken',
      severity: 'block',
      message: 'This gate broke on these facts.',
      next: 'This is a fault of Gatehouse: report it with the id of the candidate.',
    }),
  ],
});

const onlyRead = ({ id, reads = [] }: Gate, policy: EffectivePolicy): EffectivePolicy =>
  new Proxy(policy, {
    get: (target, key) => {
      const field = key as keyof EffectivePolicy;
      if (reads.includes(field)) return target[field];
      throw new TypeError(`The gate ${id} looks at ${String(key)} of the policy: name it in its \`reads\`.`);
    },
  });

/** The line that a gate quotes may hold a credential, which is another gate's to name and nobody's to repeat. */
const withoutSecret = (found: Finding, change: ContextFacts['change']): Finding => {
  const { path, startLine, endLine, evidence } = found;
  if (evidence === undefined || startLine === undefined || found.code.startsWith('secret.')) return found;
  const hitsOf = ({ newOid }: ChangeEntry): readonly SecretHit[] => change?.secrets?.get(newOid) ?? [];
  const lines = (change?.entries ?? [])
    .filter((entry) => hitsOf(entry).length > 0 && quotePath(entry.path) === path)
    .flatMap((entry) => hitsOf(entry).map(({ line }) => line));
  return lines.some((line) => startLine <= line && line <= (endLine ?? startLine))
    ? { ...found, evidence: 'Not shown: a credential stands in this line.' }
    : found;
};

/** Asks one gate; a gate that throws answers `error`. */
export const ask = (
  gate: Gate,
  facts: ContextFacts,
  onError: (gate: string, error: unknown) => void,
): GateResult => {
  let decision: GateDecision;
  try {
    decision = gate.check({ ...facts, policy: onlyRead(gate, facts.policy) });
  } catch (error) {
    onError(gate.id, error);
    decision = broken();
  }
  const { id, part, summary } = gate;
  const findings = decision.findings.map((one) => withoutSecret(one, facts.change));
  return { gate: id, part, summary, answer: decision.answer, findings };
};

/** Asks every gate of one stage, in the order of the registry. */
export const askStage = (
  gates: readonly Gate[],
  stage: Stage,
  facts: ContextFacts,
  onError: (gate: string, error: unknown) => void,
): GateResult[] => gates.filter((gate) => gate.stage === stage).map((gate) => ask(gate, facts, onError));
