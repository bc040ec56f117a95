import { logError, PlaneModule, readingForge } from '@gatehouse/orchestration';
import { SchedulesModule, TriggerModule } from '@gatehouse/trigger';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Logger } from 'pino';
import { controllers } from './controllers.js';
import { DoctorRepository } from './doctor/doctor.repository.js';
import { DoctorService } from './doctor/doctor.service.js';
import { AccessGuard } from './http/access.guard.js';
import { RateLimits } from './http/rate.limits.js';
import { Idempotency } from './idempotency/idempotency.js';
import { IdempotencyRepository } from './idempotency/idempotency.repository.js';
import { EventStreams } from './sessions/event.streams.js';
import { WebhookSecrets } from './webhooks/webhook.secrets.js';
import { ClaimDesk } from './worker-protocol/claim.desk.js';

@Module({})
export class ApiModule {
  static for(log: Logger): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        PlaneModule.for(
          'api',
          (error) => logError(log, error, 'a part of the plane has trouble'),
          readingForge,
        ),
        TriggerModule,
        SchedulesModule,
      ],
      controllers: [...controllers],
      providers: [
        AccessGuard,
        ClaimDesk,
        DoctorRepository,
        DoctorService,
        EventStreams,
        Idempotency,
        IdempotencyRepository,
        RateLimits,
        WebhookSecrets,
      ],
    };
  }
}
