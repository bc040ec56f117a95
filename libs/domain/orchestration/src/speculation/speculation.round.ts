import type { EffectivePolicy } from '@gatehouse/contracts';
import { laneStream } from '@gatehouse/contracts';
import { limitsOf } from '@gatehouse/capability';
import { Changes } from '@gatehouse/ledger';
import { PolicyService } from '@gatehouse/policy';
import {
  LaneRoundsRepository,
  LaneStack,
  PromotionMover,
  PromotionService,
  type InLane,
  type PromotionEntity,
  type PromotionFacts,
} from '@gatehouse/promotion';
import { digestOf } from '@gatehouse/proof';
import { newId } from '@gatehouse/session';
import { CandidatesRepository, StackBuilder, type Onto, type StackMember } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';
import { refusedBecause } from './speculation.words.js';

interface Waiting extends StackMember {
  readonly row: PromotionEntity;
  readonly facts: PromotionFacts;
  /** What is run for it: a stack of those that have it in common is judged by one run. */
  readonly runs: string;
}

/** Begins a round: who is judged together, and on top of what. */
@Injectable()
export class SpeculationRound {
  constructor(
    private readonly rounds: LaneRoundsRepository,
    private readonly stack: LaneStack,
    private readonly promotions: PromotionService,
    private readonly mover: PromotionMover,
    private readonly policies: PolicyService,
    private readonly candidates: CandidatesRepository,
    private readonly builder: StackBuilder,
    private readonly changes: Changes,
  ) {}

  /** False where nobody waits that could be judged now. */
  async begin(lane: InLane, head: Onto | undefined): Promise<boolean> {
    const found: Waiting[] = [];
    for (const id of await this.rounds.waiting(lane)) {
      const waits = await this.look(id, head);
      if (waits !== undefined) found.push(waits);
    }
    const windowBefore = await this.rounds.window(lane);
    const { members, largest } = together(found, windowBefore);
    if (head === undefined || members.length === 0) return false;
    const ground = await this.rounds.ground(lane, head.commit, 'coming');
    const below = ground.map(({ promotionId }) => promotionId);
    const before = await Promise.all(ground.map(({ candidateId }) => this.candidates.row(candidateId)));
    const { changes, refusal } = await this.builder.build(lane.repositoryId, head, before, members);
    const checks = changes.map(({ onto, tree }, i) => {
      const { row, policy, candidate } = members[i]!;
      const position = i + 1;
      const stand = [...below, ...members.slice(0, i).map((member) => member.row.id)];
      const about = { promotionId: row.id, candidateId: candidate.id, policyDigest: policy.digest };
      return { ...about, position, before: stand, onto, tree };
    });
    const last = checks[checks.length - 1]!;
    const round = {
      ...lane,
      id: newId('laneRound'),
      head: head.commit,
      before: below,
      largest,
      windowBefore,
      refused: refusal && refusedBecause(refusal, last.before, lane.target),
    };
    await this.changes.run(async (change) => {
      const { manager } = change;
      const window = await this.rounds.lock(manager, lane);
      const ids = checks.map(({ promotionId }) => promotionId);
      const same = (await this.rounds.waiting(lane, manager)).filter((id) => ids.includes(id));
      // Another run was quicker, or somebody has left: it is looked at anew.
      if (window !== windowBefore || same.length < ids.length || (await this.rounds.open(lane, manager)))
        return;
      const number = await this.rounds.insert(manager, round, checks);
      const { reasonless, refusedCheck } = split(checks, round.refused !== null);
      change.record({
        streamId: laneStream(lane.repositoryId, lane.target),
        type: 'lane.round_began',
        actor: 'engine',
        payload: {
          ...{ roundId: round.id, number, head: head.commit, window, before: below },
          members: reasonless.map(({ promotionId, candidateId, onto, tree }) => ({
            ...{ promotionId, candidateId, onto, tree },
          })),
          refused: refusedCheck && {
            promotionId: refusedCheck.promotionId,
            candidateId: refusedCheck.candidateId,
            reason: round.refused!,
          },
        },
      });
    });
    return true;
  }

  /** Undefined where it is not to be judged as it is: its target has moved, or its policy changed. */
  private async look(id: string, head: Onto | undefined): Promise<Waiting | undefined> {
    const row = await this.promotions.row(id);
    const facts = await this.stack.facts(row);
    const { spec, specDigest, verdictPolicyDigest } = facts;
    if (facts.base !== head?.commit) {
      await this.changes.run((change) => this.stack.moved(change, id, head?.commit));
      return undefined;
    }
    const digest = await this.policies.digestNow(row.repositoryId, specDigest, spec);
    const policy = await this.policies.byDigest(verdictPolicyDigest ?? '');
    if (policy === undefined || digest !== verdictPolicyDigest || !(await this.stack.isAsked(row, facts))) {
      // The promoter says what becomes of it.
      await this.changes.run((change) => this.mover.enqueueRun(change, row));
      return undefined;
    }
    const candidate = await this.candidates.row(row.candidateId);
    return { row, facts, policy, candidate, runs: runsOf(policy, facts) };
  }
}

const runsOf = (
  { setup, commands, tests, gates, limits }: EffectivePolicy,
  { spec }: PromotionFacts,
): string =>
  digestOf({
    ...{ setup, commands, tests, gates },
    validation: spec.spec.validation as unknown,
    limits: limitsOf(spec.spec, limits.executionMinutes),
  });

/** The first that wait, as many as the window has room for: one run speaks for all of them, so they run the same. */
const together = (
  waiting: readonly Waiting[],
  window: number,
): { members: readonly Waiting[]; largest: number } => {
  const members: Waiting[] = [];
  let largest = Infinity;
  for (const each of waiting) {
    const bound = Math.min(largest, each.policy.promotion.speculativeWindow ?? 1);
    if (members.length >= Math.min(window, bound) || each.runs !== (members[0] ?? each).runs) break;
    members.push(each);
    largest = bound;
  }
  return { members, largest };
};

const split = <Check>(checks: readonly Check[], isRefused: boolean) => ({
  reasonless: isRefused ? checks.slice(0, -1) : checks,
  refusedCheck: isRefused ? checks[checks.length - 1]! : null,
});
