import type { Lane, LaneEntry, LaneQuery } from '@gatehouse/contracts';
import { Injectable } from '@nestjs/common';
import { LanesRepository, type LaneRow } from './lane.repository.js';
import { overBudget } from './promotion.budget.js';

const isHeld = ({ state, reason_code }: LaneRow): boolean =>
  state !== 'pending' || reason_code === overBudget;

const whyOf = (row: LaneRow, position: number | null, isBusy: boolean): string => {
  if (row.state === 'running') return 'It is being published.';
  if (row.state === 'awaiting_approval')
    return `It waits for ${row.quorum === 1 ? 'an approval' : `${row.quorum} approvals`}.`;
  if (row.reason_message !== null) return row.reason_message;
  const before = (position ?? 1) - 1 + (isBusy ? 1 : 0);
  return before === 0 ? 'It is next.' : `${before} ${before === 1 ? 'goes' : 'go'} before it.`;
};

/** What runs and what waits in lanes, as people see it. */
@Injectable()
export class LaneView {
  constructor(private readonly lanes: LanesRepository) {}

  async list(query: LaneQuery): Promise<Lane[]> {
    const byLane = new Map<string, LaneRow[]>();
    for (const row of await this.lanes.active(query)) {
      const key = JSON.stringify([row.repository, row.target]);
      byLane.set(key, [...(byLane.get(key) ?? []), row]);
    }
    return [...byLane.values()].map((rows) => laneOf(rows as [LaneRow, ...LaneRow[]]));
  }
}

const laneOf = (rows: readonly [LaneRow, ...LaneRow[]]): Lane => {
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
  };
};
