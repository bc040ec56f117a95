import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { DeliveriesRepository } from './webhook/delivery.repository.js';
import { RetentionSweep } from './retention.sweep.js';

/** Removes deliveries that were kept long enough. */
@Injectable()
export class TriggerSweep extends RetentionSweep {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly plane: PlaneSettings,
  ) {
    super();
  }

  protected forget(limit: number): Promise<number> {
    return this.deliveries.forget(this.plane.settings.GATEHOUSE_WEBHOOK_RETENTION, limit);
  }
}
