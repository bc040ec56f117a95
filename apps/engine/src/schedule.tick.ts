import { logError } from '@gatehouse/orchestration';
import { ScheduleRunner } from '@gatehouse/trigger';
import { Injectable } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { log } from './engine.log.js';

/** Looks every second whether the time of a schedule has come; which has, only the database says. */
@Injectable()
export class ScheduleTick {
  #isAtWork = false;
  #failures = 0;

  constructor(private readonly runner: ScheduleRunner) {}

  @Interval(1000)
  async tick(): Promise<void> {
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    try {
      await this.runner.tick((error, scheduleId) =>
        logError(log, error, 'a schedule could not be run; it is tried again', { scheduleId }),
      );
      this.#failures = 0;
    } catch (error) {
      // A database that is away for an hour is worth one line, not thousands.
      if (this.#failures === 0) logError(log, error, 'the schedules could not be looked at');
      this.#failures += 1;
    } finally {
      this.#isAtWork = false;
    }
  }
}
