import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { RetentionSweep } from '../retention.sweep.js';
import { SchedulesRepository } from './schedule.repository.js';

/** Removes runs of schedules that were kept long enough. */
@Injectable()
export class ScheduleSweep extends RetentionSweep {
  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly plane: PlaneSettings,
  ) {
    super();
  }

  protected forget(limit: number): Promise<number> {
    return this.schedules.forgetRuns(this.plane.settings.GATEHOUSE_SCHEDULE_RETENTION, limit);
  }
}
