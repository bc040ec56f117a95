import { sweepQuarantines } from '@gatehouse/git';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';

/** At its start each process removes what its dead ones left: where they have users of their own, no other can. */
@Injectable()
export class QuarantineSweep implements OnApplicationBootstrap {
  constructor(private readonly plane: PlaneSettings) {}

  async onApplicationBootstrap(): Promise<void> {
    const swept = await sweepQuarantines(this.plane.quarantineDir);
    if (swept > 0)
      new Logger('Quarantine').warn(`${swept} quarantines that a dead process left were removed`);
  }
}
