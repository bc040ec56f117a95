import {
  CapabilityKind,
  type EffectivePolicy,
  type PolicyFlip,
  type PolicySimulation,
  type SimulatePolicy,
} from '@gatehouse/contracts';
import {
  answerTo,
  denialsOf,
  layerOfJob,
  mergeLayers,
  PolicyTrialService,
  type LayersFor,
  type Merge,
} from '@gatehouse/policy';
import { Injectable } from '@nestjs/common';
import { gates } from '../gates/index.js';
import { differenceOf, retry, type Difference, type Retrial } from '../retrial.js';
import type { PatchShape, TreeShape } from '../shape.js';
import {
  shapeKey,
  SimulationRepository,
  type DecisionRow,
  type VerdictRow,
} from './simulation.repository.js';

const pageRows = 500;
const maxListed = 1000;
const maxMs = 20_000;
/** So many merges are kept at once. */
const maxMerges = 2000;

type Trial = Omit<PolicyFlip, 'kind' | 'id' | 'at' | 'sessionId' | 'candidateId' | 'repository'> & {
  readonly candidateId?: string;
};
type Row = DecisionRow | VerdictRow;

/** One replay: what is proposed, what was found, and when to stop. */
class Replay {
  readonly flips: PolicyFlip[] = [];
  readonly examined = { decisions: 0, verdicts: 0 };
  flipped = 0;
  undetermined = 0;
  complete = true;
  readonly #merges = new Map<string, Merge>();
  readonly #differences = new Map<string, Difference>();
  readonly #until = Date.now() + maxMs;
  readonly #listed = { decision: 0, verdict: 0 };

  constructor(
    private readonly layersFor: LayersFor,
    readonly layer: PolicyFlip['layer'],
  ) {}

  get isLate(): boolean {
    return Date.now() > this.#until;
  }

  /** What a job would run under: the layers that are proposed, and its own. */
  merged({ repository, spec }: Row): Merge {
    const kinds = spec?.spec.requires.kinds ?? CapabilityKind.options;
    // Most jobs say nothing themselves, so thousands of them share a merge; only its digest would differ.
    const own = spec === null ? [] : [layerOfJob('job', spec)];
    const key = JSON.stringify([repository, kinds, own.map(({ rules }) => rules)]);
    const known = this.#merges.get(key);
    if (known !== undefined) return known;
    const made = mergeLayers([...this.layersFor(repository, kinds), ...own]);
    if (this.#merges.size >= maxMerges) this.#merges.clear();
    this.#merges.set(key, made);
    return made;
  }

  /** Verdicts of thousands of jobs were decided under a handful of policies. */
  difference(then: EffectivePolicy, now: EffectivePolicy): Difference {
    const key = `${then.digest} ${now.digest}`;
    const known = this.#differences.get(key) ?? differenceOf(gates, then, now);
    if (this.#differences.size >= maxMerges) this.#differences.clear();
    this.#differences.set(key, known);
    return known;
  }

  note(kind: PolicyFlip['kind'], { id, at, session_id, repository }: Row, trial: Trial): void {
    if (trial.was === trial.would) return;
    if (trial.would === 'undetermined') this.undetermined += 1;
    else this.flipped += 1;
    this.#listed[kind] += 1;
    if (this.#listed[kind] > maxListed) return;
    this.flips.push({
      kind,
      id,
      at: at.toISOString(),
      sessionId: session_id,
      repository,
      ...trial,
      candidateId: trial.candidateId ?? null,
    });
  }
}

const tryDecision = (row: DecisionRow, merged: Merge): Trial => {
  const { subject, action, resource, context, effect: was } = row;
  const what = resource === '' ? action : `${action} ${resource}`;
  if (!merged.ok) return { what, was, would: 'forbid', rule: null, layer: null, reason: merged.message };
  const { effect, rule, layer, reason } = answerTo(merged.policy, {
    subject,
    action,
    resource: resource as Parameters<typeof answerTo>[1]['resource'],
    context,
  });
  return { what, was, would: effect, rule, layer, reason };
};

const patchOf = ({ patch_shape }: VerdictRow): PatchShape | null =>
  patch_shape === null ? null : (JSON.parse(patch_shape) as PatchShape);

/** Replays what was decided under a policy that is only proposed; nothing is written. */
@Injectable()
export class SimulationService {
  constructor(
    private readonly rows: SimulationRepository,
    private readonly trials: PolicyTrialService,
  ) {}

  /** Throws `request.not_found` where there is no such set. */
  async simulate(asked: SimulatePolicy): Promise<PolicySimulation> {
    const layersFor = await this.trials.proposed(asked);
    const layer =
      'document' in asked
        ? { layer: asked.document.metadata.layer, name: asked.document.metadata.name }
        : null;
    const replay = new Replay(layersFor, layer);
    await this.pages(replay, asked.last, 'decisions', (page: DecisionRow[]) => this.decisions(replay, page));
    await this.pages(replay, asked.last, 'verdicts', (page: VerdictRow[]) => this.verdicts(replay, page));
    const { examined, flipped, undetermined, flips, complete } = replay;
    return { examined, flipped, undetermined, flips, complete };
  }

  private async pages<R extends Row>(
    replay: Replay,
    last: number,
    of: 'decisions' | 'verdicts',
    look: (page: R[]) => Promise<number>,
  ): Promise<void> {
    let before: string | null = null;
    while (replay.examined[of] < last) {
      if (replay.isLate) {
        replay.complete = false;
        return;
      }
      const limit = Math.min(pageRows, last - replay.examined[of]);
      const page = (await this.rows[of](before, limit)) as Row[] as R[];
      const looked = await look(page);
      replay.examined[of] += looked;
      replay.complete &&= looked === page.length;
      if (looked < limit) return;
      before = page.at(-1)!.id;
    }
  }

  private decisions(replay: Replay, page: readonly DecisionRow[]): Promise<number> {
    let looked = 0;
    for (const row of page) {
      if (replay.isLate) break;
      replay.note('decision', row, tryDecision(row, replay.merged(row)));
      looked += 1;
    }
    return Promise.resolve(looked);
  }

  private async verdicts(replay: Replay, read: readonly VerdictRow[]): Promise<number> {
    const then = await this.rows.effective([...new Set(read.map(({ policy_digest }) => policy_digest))]);
    const merges: Merge[] = [];
    for (const row of read) if (!replay.isLate) merges.push(replay.merged(row));
    const page = read.slice(0, merges.length);
    const differences = page.map((row, i) => {
      const [old, made] = [then.get(row.policy_digest), merges[i]!];
      return old === undefined || !made.ok ? undefined : replay.difference(old, made.policy);
    });
    const shapes = await this.rows.shapes(page.filter((_, i) => (differences[i]?.again.size ?? 0) > 0));
    page.forEach((row, i) => {
      const { what, ...trial } = this.tryVerdict(row, merges[i]!, differences[i], shapes.get(shapeKey(row)));
      const layer = trial.was === trial.would ? null : replay.layer;
      replay.note('verdict', row, { what, ...trial, layer, candidateId: row.candidate_id });
    });
    return page.length;
  }

  private tryVerdict(
    row: VerdictRow,
    merged: Merge,
    difference: Difference | undefined,
    shape: TreeShape | undefined,
  ): Omit<Trial, 'layer'> {
    const what = `candidate ${row.alias}`;
    const past = {
      outcome: row.outcome,
      approvalsNeeded: row.approvals_needed,
      gates: row.gates,
      unweighed: row.unweighed,
      baseTree: row.base_tree,
      tree: row.tree,
      patch: patchOf(row),
    };
    const was: Retrial['was'] =
      past.outcome === 'pass' && past.approvalsNeeded ? 'pass_with_approval' : past.outcome;
    if (!merged.ok) return { what, was, would: 'fail', rule: null, reason: merged.message };
    const [denied] = row.spec === null ? [] : denialsOf(row.spec, merged.policy, row.target);
    if (denied !== undefined) return { what, was, would: 'fail', rule: denied.field, reason: denied.message };
    if (difference === undefined) {
      const reason = 'The policy that it was decided under is not kept.';
      return { what, was, would: 'undetermined', rule: null, reason };
    }
    const { would, gate, reason } = retry(gates, past, merged.policy, difference, shape);
    return { what, was, would, rule: gate, reason };
  }
}
