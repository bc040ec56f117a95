import type { EffectivePolicy, RunLimits, TestRuns, TestWork } from '@gatehouse/contracts';
import { GitRunner } from '@gatehouse/git';
import { ArtifactStore, type Change } from '@gatehouse/ledger';
import { digestOf } from '@gatehouse/proof';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { CandidatesRepository } from '../candidate/candidate.repository.js';
import { inCandidate } from '../candidate/candidate.tree.js';
import { readEntries } from '../collector.js';
import { TestBaselinesRepository } from './test.baseline.repository.js';
import { mayUndo, testPlan } from './test.plan.js';
import { isFlaky } from './test.runs.js';

/** Where test commands run: their outcome on one base depends on nothing else. */
export interface RunPlace {
  readonly baseTree: string;
  readonly policy: EffectivePolicy;
  /** Of the sandbox. */
  readonly kind: string;
  readonly limits: RunLimits;
}

const baselineKey = ({ baseTree, policy, kind, limits }: RunPlace): string =>
  digestOf({
    part: 'baseline',
    base_tree: baseTree,
    setup: policy.setup,
    commands: policy.commands.filter(({ tests }) => tests !== undefined),
    kind,
    limits,
  });

/** Tells a validator what to find out about tests, and remembers what holds for every candidate of one base. */
@Injectable()
export class TestWorkService {
  constructor(
    private readonly candidates: CandidatesRepository,
    private readonly baselines: TestBaselinesRepository,
    private readonly git: GitRunner,
    private readonly artifacts: ArtifactStore,
    private readonly plane: PlaneSettings,
  ) {}

  /** Null where no command runs tests. Git work: never call it within a transaction. */
  async workFor(candidateId: string, place: Omit<RunPlace, 'baseTree'>): Promise<TestWork | null> {
    const { policy } = place;
    if (testPlan(policy, []) === null) return null;
    const candidate = await this.candidates.row(candidateId);
    const { git, artifacts, plane } = this;
    const plan = await inCandidate({ git, artifacts, plane }, candidate, async (gitDir) =>
      testPlan(policy, await readEntries(git, gitDir, candidate.baseTree, candidate.tree)),
    );
    if (plan === null) return null;
    const { reruns, hunkRevert, revertHunks, revertMinutes } = policy.tests;
    return {
      reruns,
      baselines: await this.baselines.known(baselineKey({ ...place, baseTree: candidate.baseTree })),
      restore: plan.restore.map((paths) => [...paths]),
      revert:
        hunkRevert && mayUndo(plan)
          ? { paths: [...plan.undo], hunks: revertHunks, ms: revertMinutes * 60_000 }
          : null,
    };
  }

  /** Of several changes together: what each does to the tests was found out of each alone. */
  async stackWork(place: RunPlace): Promise<TestWork | null> {
    if (testPlan(place.policy, []) === null) return null;
    const baselines = await this.baselines.known(baselineKey(place));
    return { reruns: place.policy.tests.reruns, baselines, restore: [], revert: null };
  }

  /** Only what is sure: an error, a hang and a flake are found out anew every time (I8). */
  async keepBaseline(change: Change, place: RunPlace, image: string | null, runs: TestRuns): Promise<void> {
    const sure = runs.base.every(
      (outcome) => (outcome.outcome === 'passed' || outcome.outcome === 'failed') && !isFlaky(outcome),
    );
    if (runs.baseKnown || !sure) return;
    await this.baselines.keep(change.manager, baselineKey(place), { image, commands: runs.base });
  }
}
