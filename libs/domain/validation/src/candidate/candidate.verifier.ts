import { GatehouseError, type CandidateVerification, type GateResult } from '@gatehouse/contracts';
import { GitRunner } from '@gatehouse/git';
import { ArtifactStore, Changes } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import { digestOf } from '@gatehouse/proof';
import { PlaneSettings } from '@gatehouse/session';
import { Tasks, type TaskContext } from '@gatehouse/tasks';
import { Injectable, Logger } from '@nestjs/common';
import { AtOnce } from '../at.once.js';
import { CandidatesRepository } from './candidate.repository.js';
import { keyOf, ownGateSet } from './candidate.judge.js';
import { recompute, type Recomputed } from './candidate.recompute.js';
import { CandidateService } from './candidate.service.js';
import { SecretScanner } from '../secrets/secret.scanner.js';
import { decides, staticDigest } from '../verdict/verdict.js';
import type { VerdictEntity } from '../verdict/verdict.entity.js';
import { VerdictsRepository } from '../verdict/verdict.repository.js';

/** Each makes a tree and asks every gate, also where another one of the same is at work. */
const atOnce = 4;

interface Compared {
  readonly verdict: VerdictEntity;
  readonly now: Recomputed;
  readonly said: CandidateVerification;
}

const differencesOf = (was: readonly GateResult[], now: readonly GateResult[]) => {
  const ids = [...new Set([...was, ...now].map(({ gate }) => gate))];
  return ids.flatMap((gate) => {
    const [a, b] = [was, now].map((list) => list.find((result) => result.gate === gate));
    if (a !== undefined && b !== undefined && digestOf(a) === digestOf(b)) return [];
    return [{ gate, was: a ?? null, now: b ?? null }];
  });
};

/** Holds a verdict against what is judged anew (I8). */
@Injectable()
export class CandidateVerifier {
  readonly #logger = new Logger(CandidateVerifier.name);
  readonly #atWork = new AtOnce<CandidateVerification>(atOnce, 'candidates are being verified');
  readonly #onError = (gate: string, error: unknown): void =>
    this.#logger.error(`The gate ${gate} broke.`, error instanceof Error ? error.stack : error);

  constructor(
    private readonly candidates: CandidatesRepository,
    private readonly verdicts: VerdictsRepository,
    private readonly service: CandidateService,
    private readonly policies: PolicyService,
    private readonly artifacts: ArtifactStore,
    private readonly git: GitRunner,
    private readonly tasks: Tasks,
    private readonly changes: Changes,
    private readonly plane: PlaneSettings,
    private readonly secrets: SecretScanner,
  ) {}

  /**
   * The latest verdict of a session, or of whichever judged the candidate last. One that differs under the same gates
   * is withdrawn: the engine judges anew. Throws `candidate.not_found`, `candidate.not_judged`, and
   * `request.rate_limited` while as many as may are being verified.
   */
  verify(id: string, sessionId?: string): Promise<CandidateVerification> {
    return this.#atWork.run({}, () => this.compareAndWithdraw(id, sessionId));
  }

  private async compareAndWithdraw(id: string, sessionId?: string): Promise<CandidateVerification> {
    const { verdict, said } = await this.compare(id, sessionId);
    const withdrawn = !said.agrees && said.gateSet === 'same';
    if (withdrawn)
      await this.changes.run(({ manager }) =>
        this.tasks.enqueue(manager, {
          type: 'candidate.reverify',
          payload: { sessionId: verdict.sessionId, candidateId: id },
          dedupeKey: `candidate.reverify:${verdict.id}`,
        }),
      );
    return { ...said, withdrawn };
  }

  /** Task `candidate.reverify`: puts the verdict that is true in place of one that is not. */
  async withdraw(sessionId: string, id: string, context: TaskContext): Promise<void> {
    const { verdict, now, said } = await this.compare(id, sessionId);
    const policy = await this.policies.byDigest(verdict.policyDigest);
    await this.changes.run(async (change) => {
      if (!said.agrees && policy !== undefined) {
        const stands = (part: GateResult['part']) => verdict.gates.filter((result) => result.part === part);
        const results = [...stands('context'), ...(now.tree === said.tree ? now.answers : [])];
        const passedSoFar = results.every((result) => result.answer === 'pass' || !decides(result));
        const candidate = await this.candidates.row(id);
        await this.service.decide(change, {
          candidate,
          sessionId,
          policy,
          outcomes: null,
          commandAnswers: stands('command'),
          judgement: {
            tree: candidate.tree,
            baseTree: candidate.baseTree,
            files: candidate.files,
            results,
            unweighed: verdict.unweighed.filter(({ part }) => part !== 'static'),
            repair: null,
            patch: null,
            passedSoFar,
            noop: false,
            cached: false,
            learnt: { content: null, repair: null },
            commands: [],
            tests: null,
          },
        });
      }
      await context.complete(change.manager);
    });
  }

  private async compare(id: string, sessionId?: string): Promise<Compared> {
    const candidate = await this.candidates.row(id);
    const verdict = await this.verdicts.latestOf(id, sessionId);
    if (verdict === undefined)
      throw new GatehouseError(
        'candidate.not_judged',
        `Candidate ${id} has no verdict yet. Try again later.`,
      );
    const policy = await this.policies.byDigest(verdict.policyDigest);
    if (policy === undefined)
      throw new GatehouseError(
        'candidate.not_judged',
        `The policy of verdict ${verdict.id} is not kept here.`,
      );
    const { baseTree, tree, patch, patchBytes, repositoryId } = candidate;
    const now = await recompute(
      this.git,
      this.secrets,
      {
        mirrorDir: this.plane.mirrorDir(repositoryId),
        quarantineRoot: this.plane.quarantineDir,
        policy,
        baseTree,
        tree,
        patch: await this.artifacts.readWhole(patch, Number(patchBytes)),
      },
      this.#onError,
    );
    const gateSet = verdict.gateSetDigest === ownGateSet ? 'same' : 'other';
    const was = verdict.gates.filter(({ part }) => part === 'static');
    const differences = differencesOf(was, now.answers);
    const recomputedDigest =
      now.tree === tree ? staticDigest(keyOf(policy, baseTree, tree), now.answers) : null;
    const agrees =
      now.tree === tree &&
      differences.length === 0 &&
      (gateSet === 'other' || recomputedDigest === verdict.staticDigest);
    const said: CandidateVerification = {
      candidateId: id,
      verdictId: verdict.id,
      agrees,
      tree: now.tree,
      gateSet,
      staticDigest: verdict.staticDigest,
      recomputedDigest,
      answers: now.answers.length,
      differences,
      withdrawn: false,
    };
    return { verdict, now, said };
  }
}
