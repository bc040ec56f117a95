import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DeliveriesRepository } from './delivery.repository.js';

/** Deliveries removed at a time, and how long after such a batch the next is looked for. */
const batch = 200;
const everyMs = 600_000;

/** Removes deliveries that were kept long enough. */
@Injectable()
export class TriggerSweep {
  #nextAt = 0;

  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly plane: PlaneSettings,
  ) {}

  /** As long as batches are full the next call goes on. */
  async run(): Promise<void> {
    if (Date.now() < this.#nextAt) return;
    const gone = await this.deliveries.forget(this.plane.settings.GATEHOUSE_WEBHOOK_RETENTION, batch);
    if (gone < batch) this.#nextAt = Date.now() + everyMs;
  }
}
