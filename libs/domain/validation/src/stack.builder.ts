import type { CommandOutcome, EffectivePolicy, GateResult, TestRuns } from '@gatehouse/contracts';
import { GatehouseError } from '@gatehouse/contracts';
import { diffPatch, GitRunner, mergeTrees, openQuarantine, type Quarantine } from '@gatehouse/git';
import { ArtifactStore } from '@gatehouse/ledger';
import { rawPath } from '@gatehouse/policy';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable, Logger } from '@nestjs/common';
import type { CandidateEntity } from './candidate/candidate.entity.js';
import { applySpan, askStatic, bareChange } from './candidate/candidate.judge.js';
import type { Onto } from './candidate/candidate.rebaser.js';
import { readEntries } from './collector.js';
import { noFacts } from './facts.js';
import { askStage } from './gate.js';
import { gates } from './gates/index.js';
import { parsePatch } from './patch/patch.parser.js';
import { quotePath } from './quote.js';
import { SecretScanner } from './secrets/secret.scanner.js';
import { testPlan } from './tests/test.plan.js';
import { decides, weigh } from './verdict/verdict.js';
import { VerdictsRepository } from './verdict/verdict.repository.js';

export interface StackMember {
  /** Its base is the head. */
  readonly candidate: CandidateEntity;
  readonly policy: EffectivePolicy;
}

export interface StackedChange {
  /** Tree of all those below it. */
  readonly onto: string;
  readonly tree: string;
}

/** Why a change does not go on top of those before it. */
export type StackRefusal =
  | { readonly kind: 'conflict'; /** As people read them. */ readonly paths: readonly string[] }
  /** Those before it make all of it already. */
  | { readonly kind: 'nothing_left' }
  /** Of the gates that refuse it on top of them. */
  | { readonly kind: 'gates'; readonly results: readonly GateResult[] };

export interface BuiltStack {
  /** Those that go onto one another, and last the one that does not. */
  readonly changes: readonly StackedChange[];
  readonly refusal: StackRefusal | null;
}

export interface RanOnStack {
  readonly policy: EffectivePolicy;
  readonly baseTree: string;
  readonly tree: string;
  readonly outcomes: readonly CommandOutcome[] | null;
  readonly tests: TestRuns | null;
  readonly regressions: readonly string[];
  readonly notRunBecause?: string | undefined;
}

export interface StackAnswer {
  readonly outcome: 'pass' | 'fail' | 'inconclusive';
  /** Of the gates that did not pass. */
  readonly results: readonly GateResult[];
}

/**
 * Puts candidates on top of one another, as trees, and asks the gates about each there. Git work: never call it
 * within a transaction.
 */
@Injectable()
export class StackBuilder {
  readonly #logger = new Logger(StackBuilder.name);
  readonly #onError = (gate: string, error: unknown): void =>
    this.#logger.error(`The gate ${gate} broke.`, error instanceof Error ? error.stack : error);

  constructor(
    private readonly git: GitRunner,
    private readonly artifacts: ArtifactStore,
    private readonly plane: PlaneSettings,
    private readonly answers: VerdictsRepository,
    private readonly secrets: SecretScanner,
  ) {}

  /** Up to the first that does not go on top of those before it. `ground` was judged together before. */
  build(
    repositoryId: string,
    head: Onto,
    ground: readonly CandidateEntity[],
    members: readonly StackMember[],
  ): Promise<BuiltStack> {
    this.secrets.start();
    return this.inQuarantine(repositoryId, async (quarantine) => {
      let onto = await this.pile(quarantine, head, ground);
      const changes: StackedChange[] = [];
      for (const { candidate, policy } of members) {
        const merged = await this.merge(quarantine, head, candidate, onto);
        const tree = merged.ok ? merged.tree : onto;
        changes.push({ onto, tree });
        if (!merged.ok)
          return {
            changes,
            refusal: { kind: 'conflict', paths: merged.paths.map((p) => quotePath(rawPath(p))) },
          };
        if (tree === onto) return { changes, refusal: { kind: 'nothing_left' } };
        const results = await this.refusing(quarantine, policy, onto, tree);
        if (results.length > 0) return { changes, refusal: { kind: 'gates', results } };
        onto = tree;
      }
      return { changes, refusal: null };
    });
  }

  /** Stores the patch that leads from the head to all of these together. Throws `git.failed` where that is another tree. */
  patchOf(
    repositoryId: string,
    head: Onto,
    candidates: readonly CandidateEntity[],
    tree: string,
  ): Promise<string> {
    return this.inQuarantine(repositoryId, async (quarantine) => {
      const made = await this.pile(quarantine, head, candidates);
      if (made !== tree)
        throw new GatehouseError('git.failed', `The stack leads to tree ${made}, not to ${tree} as before.`);
      const bytes = await diffPatch(this.git, quarantine.gitDir, head.tree, tree);
      return (await this.artifacts.put(bytes, { kind: 'patch', mediaType: 'text/x-patch' })).id;
    });
  }

  /** What the commands that ran on a stack come to. What is unclear is no fail, and no pass. */
  commandAnswer(ran: RanOnStack): StackAnswer {
    const { policy, baseTree, tree, outcomes, tests, regressions, notRunBecause } = ran;
    // Whether tests were weakened was asked of each change by itself, on its own base.
    const plan = testPlan(policy, []);
    const facts = {
      ...noFacts,
      policy,
      change: bareChange(baseTree, tree),
      commands: {
        required: policy.commands,
        outcomes,
        notRunBecause,
        tests: plan && { plan, runs: tests, regressions },
      },
    };
    const weighed = weigh(askStage(gates, 'command', facts, this.#onError), gates, policy.gates);
    const results = weighed.filter((result) => decides(result) && result.answer !== 'pass');
    if (results.length === 0) return { outcome: 'pass', results };
    return { outcome: results.some(({ answer }) => answer === 'fail') ? 'fail' : 'inconclusive', results };
  }

  private async inQuarantine<Answer>(
    repositoryId: string,
    use: (quarantine: Quarantine) => Promise<Answer>,
  ): Promise<Answer> {
    const quarantine = await openQuarantine(this.plane.quarantineDir, this.plane.mirrorDir(repositoryId));
    try {
      return await use(quarantine);
    } finally {
      await quarantine.remove();
    }
  }

  /** The tree of these on top of one another; all of them were before. */
  private async pile(
    quarantine: Quarantine,
    head: Onto,
    candidates: readonly CandidateEntity[],
  ): Promise<string> {
    let onto = head.tree;
    for (const candidate of candidates) {
      const merged = await this.merge(quarantine, head, candidate, onto);
      if (!merged.ok)
        throw new GatehouseError(
          'git.failed',
          `Candidate ${candidate.id} went on top of those before it, and does not now. It is tried again.`,
        );
      onto = merged.tree;
    }
    return onto;
  }

  private async merge(quarantine: Quarantine, head: Onto, candidate: CandidateEntity, theirs: string) {
    const { git } = this;
    const bytes = await this.artifacts.readWhole(candidate.patch, Number(candidate.patchBytes));
    const patch = parsePatch(bytes);
    const applied = patch.ok ? await applySpan(git, quarantine, head.tree, bytes, patch) : undefined;
    if (applied?.ok !== true || applied.tree !== candidate.tree)
      throw new GatehouseError(
        'git.failed',
        `The tree of candidate ${candidate.id} could not be made again on ${head.commit}.`,
      );
    return mergeTrees(git, quarantine.gitDir, { base: head.tree, ours: applied.tree, theirs });
  }

  /** Static gates alone: what depends on how the change came here was asked of the candidate itself. */
  private async refusing(
    quarantine: Quarantine,
    policy: EffectivePolicy,
    onto: string,
    tree: string,
  ): Promise<GateResult[]> {
    const { git, answers, secrets } = this;
    const entries = await readEntries(git, quarantine.gitDir, onto, tree);
    const known = bareChange(onto, tree, entries);
    const tools = { git, answers, secrets, onError: this.#onError };
    const facts = { ...noFacts, policy, change: known };
    const { results } = await askStatic(tools, quarantine, facts, known);
    const bad = weigh(results, gates, policy.gates).filter(
      (result) => decides(result) && result.answer !== 'pass',
    );
    const unsure = bad.find(({ answer }) => answer !== 'fail');
    // Neither a fail nor a pass: the task runs again.
    if (unsure !== undefined)
      throw new GatehouseError('git.failed', `The gate ${unsure.gate} could not be asked about a stack.`);
    return bad;
  }
}
