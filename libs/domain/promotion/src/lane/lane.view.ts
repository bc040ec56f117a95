import type { Lane, LaneEntry, LaneQuery, LaneRound, Speculation, StackEntry } from '@gatehouse/contracts';
import { Injectable } from '@nestjs/common';
import { LanesRepository, type LaneRow } from './lane.repository.js';
import { unstacked } from './lane.round.js';
import { ShownLanesRepository, type ShownCheck, type ShownRound } from './lane.shown.repository.js';
import { overBudget } from '../promotion.budget.js';

/** What ended in a lane without any waiting is shown for so long. */
const shownForMs = 86_400_000;

const waitsForStack = ({ reason_code, stacked }: LaneRow): boolean =>
  reason_code === unstacked && stacked !== 'passed' && stacked !== 'dropped';

const isDropped = ({ state, stacked }: LaneRow): boolean => state === 'pending' && stacked === 'dropped';

const isHeld = (row: LaneRow): boolean =>
  row.state !== 'pending' || row.reason_code === overBudget || waitsForStack(row) || isDropped(row);

const whyOf = (row: LaneRow, position: number | null, isBusy: boolean): string => {
  if (row.state === 'running') return 'It is being published.';
  if (row.state === 'awaiting_approval')
    return `It waits for ${row.quorum === 1 ? 'an approval' : `${row.quorum} approvals`}.`;
  if (isDropped(row)) return 'It does not go with those before it, and is about to end as failed.';
  if (waitsForStack(row) && row.stacked === 'waiting') return 'It is judged together with those before it.';
  if (row.reason_message !== null && row.reason_code !== unstacked) return row.reason_message;
  if (waitsForStack(row)) return row.reason_message ?? 'It waits to be judged on top of those before it.';
  const before = (position ?? 1) - 1 + (isBusy ? 1 : 0);
  return before === 0 ? 'It is next.' : `${before} ${before === 1 ? 'goes' : 'go'} before it.`;
};

/** What runs and what waits in lanes, as people see it. */
@Injectable()
export class LaneView {
  constructor(
    private readonly lanes: LanesRepository,
    private readonly shown: ShownLanesRepository,
  ) {}

  async list(query: LaneQuery): Promise<Lane[]> {
    const byLane = new Map<string, LaneRow[]>();
    for (const row of await this.lanes.active(query))
      byLane.set(keyOf(row), [...(byLane.get(keyOf(row)) ?? []), row]);
    const rounds = new Map<string, ShownRound[]>();
    for (const round of await this.shown.rounds(query))
      rounds.set(keyOf(round), [...(rounds.get(keyOf(round)) ?? []), round]);
    const active = [...byLane].map(([key, rows]) =>
      laneOf(rows as [LaneRow, ...LaneRow[]], rounds.get(key) ?? []),
    );
    const quiet = [...rounds]
      .filter(([key, [newest]]) => !byLane.has(key) && Date.now() - newest!.beganAt.getTime() < shownForMs)
      .map(([, of]) => quietLane(of as [ShownRound, ...ShownRound[]]));
    return [...active, ...quiet].sort(byName);
  }
}

const keyOf = ({ repository, target }: { repository: string; target: string }): string =>
  JSON.stringify([repository, target]);

const byName = (a: Lane, b: Lane): number => {
  const [x, y] = [keyOf(a), keyOf(b)];
  return x < y ? -1 : x > y ? 1 : 0;
};

const laneOf = (rows: readonly [LaneRow, ...LaneRow[]], rounds: readonly ShownRound[]): Lane => {
  const running = rows.find(({ state }) => state === 'running');
  const turns = rows.filter((row) => row !== running && !isHeld(row));
  const entry = (row: LaneRow): LaneEntry => {
    const place = turns.indexOf(row) + 1;
    const position = place === 0 ? null : place;
    return {
      promotionId: row.id,
      jobId: row.job_id,
      jobName: row.job_name,
      requestedBy: { id: row.requested_by, name: row.requester },
      state: row.state,
      level: row.level,
      position,
      why: whyOf(row, position, running !== undefined),
      createdAt: row.created_at.toISOString(),
    };
  };
  const [{ repository, target, generation }] = rows;
  return {
    ...{ repository, target, generation },
    running: running === undefined ? null : entry(running),
    waiting: rows.filter((row) => row !== running).map(entry),
    speculation: speculationOf(rounds),
  };
};

const quietLane = (rounds: readonly [ShownRound, ...ShownRound[]]): Lane => {
  const [{ repository, target, generation }] = rounds;
  const none = { running: null, waiting: [] };
  return { ...{ repository, target, generation }, ...none, speculation: speculationOf(rounds) };
};

const speculationOf = (rounds: readonly ShownRound[]): Speculation | null => {
  const [newest] = rounds;
  if (newest === undefined) return null;
  const stack = newest.checks.map((check) => ({ ...check, state: stateOf(newest, check) }));
  return { window: newest.window, stack, rounds: rounds.map(roundOf) };
};

const stateOf = (
  { state: round, probes }: ShownRound,
  { state, position }: ShownCheck,
): StackEntry['state'] => {
  if (state === 'passed' || state === 'dropped') return state;
  const judging = probes.find(({ outcome }) => outcome === 'judging')?.position ?? 0;
  return round === 'judging' && position <= judging ? 'judging' : 'waiting';
};

const roundOf = (round: ShownRound): LaneRound => ({
  number: round.number,
  state: round.state,
  head: round.head,
  windowBefore: round.windowBefore,
  windowAfter: round.windowAfter,
  members: round.checks.length,
  changes: round.checks.map((check) => ({
    ...{ promotionId: check.promotionId, jobName: check.jobName, position: check.position },
    state: stateOf(round, check),
  })),
  passed: round.checks.filter(({ state }) => state === 'passed').length,
  dropped: round.checks.find(({ state }) => state === 'dropped')?.promotionId ?? null,
  probes: round.probes.map(({ position, outcome, why }) => ({ position, outcome, why })),
  why: round.reason,
  beganAt: round.beganAt.toISOString(),
  endedAt: round.endedAt?.toISOString() ?? null,
});
