import type { EffectivePolicy, GateResult } from '@gatehouse/contracts';
import { openQuarantine, type GitRunner } from '@gatehouse/git';
import { applySpan, bareChange, ownStaticGates, readerOf } from './candidate.judge.js';
import { readChange, readEntries } from '../collector.js';
import { noFacts, type ContextFacts } from '../facts.js';
import { ask } from '../gate.js';
import { gates } from '../gates/index.js';
import { parsePatch } from '../patch/patch.parser.js';
import type { ScanSecrets } from '../secrets/secret.scanner.js';
import { weigh } from '../verdict/verdict.js';

export interface RecomputeInput {
  readonly mirrorDir: string;
  readonly quarantineRoot: string;
  readonly policy: EffectivePolicy;
  readonly baseTree: string;
  readonly tree: string;
  readonly patch: Buffer;
}

export interface Recomputed {
  /** What the stored patch makes of the base now; null where it makes nothing. */
  readonly tree: string | null;
  /** The static answers, asked anew; nothing is taken from an earlier decision. Empty where the tree is another one. */
  readonly answers: readonly GateResult[];
}

/** Makes the candidate again from its stored patch and asks every static gate, as if for the first time. */
export const recompute = async (
  git: GitRunner,
  secrets: ScanSecrets,
  { mirrorDir, quarantineRoot, policy, baseTree, tree, patch }: RecomputeInput,
  onError: (gate: string, error: unknown) => void,
): Promise<Recomputed> => {
  const parsed = parsePatch(patch);
  if (!parsed.ok) return { tree: null, answers: [] };
  const quarantine = await openQuarantine(quarantineRoot, mirrorDir);
  try {
    const applied = await applySpan(git, quarantine, baseTree, patch, parsed);
    if (!applied.ok || applied.tree !== tree) return { tree: applied.ok ? applied.tree : null, answers: [] };
    const entries = await readEntries(git, quarantine.gitDir, baseTree, tree);
    const known = bareChange(baseTree, tree, entries);
    const facts: ContextFacts = {
      ...noFacts,
      policy,
      change: await readChange(git, quarantine, known, policy.limits, readerOf(secrets, onError)),
    };
    const raw = ownStaticGates.map((gate) => ask(gate, facts, onError));
    return { tree, answers: weigh(raw, gates, policy.gates) };
  } finally {
    await quarantine.remove();
  }
};
