import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { SchedulesRepository } from './schedule.repository.js';

/** Runs removed at a time, and how long after such a batch the next is looked for. */
const batch = 200;
const everyMs = 600_000;

/** Removes runs of schedules that were kept long enough. */
@Injectable()
export class ScheduleSweep {
  #nextAt = 0;

  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly plane: PlaneSettings,
  ) {}

  /** As long as batches are full the next call goes on. */
  async run(): Promise<void> {
    if (Date.now() < this.#nextAt) return;
    const gone = await this.schedules.forgetRuns(this.plane.settings.GATEHOUSE_SCHEDULE_RETENTION, batch);
    if (gone < batch) this.#nextAt = Date.now() + everyMs;
  }
}
