import { GatehouseError, type TaskPayload } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { Tasks } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';

/** Nothing that a forge was asked for takes so long. */
const lateMs = 600_000;

type Told = 'pull_request.sync' | 'forge.reply';

/** What was written without an answer may show after it was written again: then there are two, until somebody looks. */
@Injectable()
export class LateEffect {
  constructor(
    private readonly changes: Changes,
    private readonly tasks: Tasks,
  ) {}

  /** Has the same done once more when all has shown; doing it finds the two and leaves one. */
  async lookAgain<T extends Told>(type: T, payload: TaskPayload<T>, about: string): Promise<void> {
    const runAt = new Date(Date.now() + lateMs);
    const task = { type, payload, dedupeKey: `${type}:${about}:late`, runAt };
    await this.changes.run(async ({ manager }) => void (await this.tasks.enqueue(manager, task as never)));
  }
}

export const mayShowLater = (error: unknown): boolean =>
  error instanceof GatehouseError && error.details?.['mayShowLater'] === true;
