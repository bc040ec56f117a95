import {
  type Candidate,
  type CandidateDiff,
  type CandidateQuery,
  type CommandOutcome,
  type EffectivePolicy,
  type GateResult,
  type Page,
  type TestRuns,
} from '@gatehouse/contracts';
import { GitRunner } from '@gatehouse/git';
import { ArtifactStore, type Change } from '@gatehouse/ledger';
import { aliasOf, candidateId, digestOf } from '@gatehouse/proof';
import { newId, PlaneSettings } from '@gatehouse/session';
import { Injectable, Logger } from '@nestjs/common';
import { AtOnce } from '../at.once.js';
import { readDiff } from './candidate.diff.js';
import type { CandidateEntity } from './candidate.entity.js';
import { bareChange, judge, keyOf, ownGateSet, type JudgeInput, type Judgement } from './candidate.judge.js';
import { CandidatesRepository } from './candidate.repository.js';
import { noFacts, type ContextFacts } from '../facts.js';
import { askStage } from '../gate.js';
import { gates } from '../gates/index.js';
import { inCandidate } from './candidate.tree.js';
import type { PatchShape } from '../shape.js';
import { SecretScanner } from '../secrets/secret.scanner.js';
import {
  combine,
  commandKey,
  decides,
  requiredGates,
  staticDigest,
  weigh,
  type CommandInputs,
} from '../verdict/verdict.js';
import type { VerdictEntity } from '../verdict/verdict.entity.js';
import { VerdictsRepository } from '../verdict/verdict.repository.js';

export interface NewCandidate {
  readonly sessionId: string;
  readonly attemptId: string;
  readonly repositoryId: string;
  /** Commit. */
  readonly base: string;
  readonly baseTree: string;
  readonly tree: string;
  readonly patchArtifact: string;
  readonly patchBytes: number;
  readonly files: number;
  readonly specDigest: string;
  readonly patchShape?: PatchShape | null;
}

export interface Decision {
  readonly candidate: CandidateEntity;
  readonly sessionId: string;
  readonly policy: EffectivePolicy;
  readonly judgement: Judgement;
  /** Null where no command was run. */
  readonly outcomes: readonly CommandOutcome[] | null;
  /** Id of the image and bounds under which they ran; a verdict on commands is bound to them (I8). */
  readonly ranIn?: {
    readonly image: string | null;
    readonly limits: Readonly<Record<string, number>>;
  } | null;
  /** What was found out about the test commands; null where nothing was asked of them. */
  readonly testRuns?: TestRuns | null;
  /** Test commands of which the job says that the tests of the base are meant to fail. */
  readonly regressions?: readonly string[];
  /** A sentence for people; only where required commands could not be run. */
  readonly commandsNotRunBecause?: string | undefined;
  /** Answers of the command stage that stand, where it is not asked again. */
  readonly commandAnswers?: readonly GateResult[];
}

const actor = 'engine';

const commandDigestOf = (
  { baseTree, tree }: CandidateEntity,
  { digest, setup, commands }: EffectivePolicy,
  { image, limits }: NonNullable<Decision['ranIn']>,
  tests: CommandInputs['tests'],
): string =>
  commandKey({
    baseTree,
    tree,
    policyDigest: digest,
    gateSetDigest: ownGateSet,
    setup,
    commands,
    image,
    limits,
    tests,
  });

/** Of a run on the base what its verdict depends on. */
const baseOf = (runs: TestRuns | null): unknown[] =>
  (runs?.base ?? []).map(({ name, outcome, exitCode, tests }) => ({
    name,
    outcome,
    exitCode,
    tests: tests ?? null,
  }));

@Injectable()
export class CandidateService {
  readonly #logger = new Logger(CandidateService.name);
  readonly #diffs = new AtOnce<CandidateDiff>(4, 'changes are being read');
  readonly #onError = (gate: string, error: unknown): void =>
    this.#logger.error(`The gate ${gate} broke.`, error instanceof Error ? error.stack : error);

  constructor(
    private readonly candidates: CandidatesRepository,
    private readonly verdicts: VerdictsRepository,
    private readonly git: GitRunner,
    private readonly artifacts: ArtifactStore,
    private readonly plane: PlaneSettings,
    private readonly secrets: SecretScanner,
  ) {}

  /** See `judge` in candidate.judge.ts. Git work: never call it within a transaction. */
  judge(input: JudgeInput): Promise<Judgement> {
    // They load while the patch is read and applied.
    this.secrets.start();
    return judge(
      { git: this.git, answers: this.verdicts, secrets: this.secrets, onError: this.#onError },
      input,
    );
  }

  /** Idempotent: equal content is one candidate, which a session has once. */
  async save(change: Change, made: NewCandidate): Promise<CandidateEntity> {
    const { sessionId, attemptId, repositoryId, base, baseTree, tree, files, specDigest } = made;
    const patch = made.patchArtifact;
    const id = candidateId({
      base,
      tree,
      patchSha256: patch.replace(/^sha256:/, ''),
      jobSpecDigest: specDigest,
    });
    const alias = aliasOf(id);
    const patchBytes = String(made.patchBytes);
    const patchShape = made.patchShape ? JSON.stringify(made.patchShape) : null;
    const parts = { repositoryId, base, baseTree, tree, patch, patchBytes, files, specDigest };
    const row = { id, alias, ...parts, patchShape };
    const candidate = await this.candidates.insert(change.manager, row);
    if (await this.candidates.link(change.manager, { candidateId: id, sessionId, attemptId })) {
      const payload = { candidateId: id, alias, attemptId, base, baseTree, tree, patch, files, specDigest };
      change.record({ streamId: sessionId, type: 'candidate.created', actor, payload });
    }
    return candidate;
  }

  /** Keeps what a judgement found out, where no verdict comes of it yet. */
  learn(change: Change, { learnt }: Judgement): Promise<void> {
    return this.verdicts.keep(change.manager, learnt);
  }

  /** Adds up what all gates answered. The commands are asked only where nothing before them failed. */
  async decide(change: Change, decision: Decision): Promise<VerdictEntity> {
    const { candidate, sessionId, policy, judgement, outcomes, ranIn, commandsNotRunBecause } = decision;
    const { commandAnswers, testRuns = null, regressions = [] } = decision;
    await this.learn(change, judgement);
    const plan = judgement.tests;
    const facts: ContextFacts = {
      ...noFacts,
      policy,
      change: bareChange(candidate.baseTree, candidate.tree),
      commands: {
        required: policy.commands,
        outcomes,
        notRunBecause: commandsNotRunBecause,
        tests: plan && { plan, runs: testRuns, regressions },
      },
    };
    const raw = judgement.passedSoFar
      ? (commandAnswers ?? askStage(gates, 'command', facts, this.#onError))
      : [];
    const late = commandAnswers === undefined ? weigh(raw, gates, policy.gates) : raw;
    const {
      outcome,
      approvalsNeeded,
      gates: results,
    } = combine([...judgement.results, ...late], requiredGates(gates, policy.gates));
    const key = keyOf(policy, candidate.baseTree, candidate.tree);
    const verdict = await this.verdicts.insert(change.manager, {
      id: newId('verdict'),
      candidateId: candidate.id,
      sessionId,
      outcome,
      approvalsNeeded,
      policyDigest: policy.digest,
      gateSetDigest: ownGateSet,
      staticDigest: staticDigest(key, results),
      cached: judgement.cached,
      gates: [...results],
      unweighed: [...judgement.unweighed, ...raw.filter((result, i) => late[i] !== result)],
      repair: outcome === 'fail' ? judgement.repair : null,
    });
    const failed = results.filter((result) => result.answer !== 'pass' && decides(result));
    const blocks = failed.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'block'));
    change.record({
      streamId: sessionId,
      type: 'verdict.decided',
      actor,
      payload: {
        candidateId: candidate.id,
        alias: candidate.alias,
        verdictId: verdict.id,
        outcome,
        approvalsNeeded,
        policyDigest: policy.digest,
        gateSetDigest: ownGateSet,
        baseTree: candidate.baseTree,
        tree: candidate.tree,
        answers: results.map((result) => ({
          gate: result.gate,
          part: result.part,
          answer: result.answer,
          digest: digestOf(result),
        })),
        failed: failed.map(({ gate }) => gate),
        codes: [...new Set(blocks.map(({ code }) => code))],
        ...(ranIn && {
          image: ranIn.image,
          commandDigest: commandDigestOf(
            candidate,
            policy,
            ranIn,
            plan && { base: baseOf(testRuns), regressions },
          ),
        }),
      },
    });
    return verdict;
  }

  latestVerdict(sessionId: string, candidate: string): Promise<VerdictEntity | undefined> {
    return this.verdicts.latest(sessionId, candidate);
  }

  page(query: CandidateQuery): Promise<Page<Candidate>> {
    return this.candidates.page(query);
  }

  /** With its latest verdict; without a session, as it last came out of one. Throws `candidate.not_found`. */
  find(id: string, sessionId?: string): Promise<Candidate> {
    return this.candidates.find(id, sessionId);
  }

  /**
   * Made anew from mirror and patch, since a candidate keeps no objects. Throws `candidate.not_found`, and
   * `request.rate_limited` while as many others as may are being read.
   */
  diff(id: string): Promise<CandidateDiff> {
    return this.#diffs.run(id, () => this.readDiff(id));
  }

  private async readDiff(id: string): Promise<CandidateDiff> {
    const candidate = await this.candidates.row(id);
    return inCandidate(
      { git: this.git, artifacts: this.artifacts, plane: this.plane },
      candidate,
      async (gitDir) => ({
        candidateId: id,
        ...(await readDiff(this.git, gitDir, candidate, this.secrets)),
      }),
    );
  }
}
