import { Module } from '@nestjs/common';
import { CommandService } from './command/command.service.js';
import { DismissalService } from './command/dismissal.service.js';
import { DeliveriesRepository } from './webhook/delivery.repository.js';
import { FiringService } from './firing.service.js';
import { HearingRepository } from './webhook/hearing.repository.js';
import { HearingService } from './webhook/hearing.service.js';
import { IdentitiesRepository } from './identity.repository.js';
import { IdentityService } from './identity.service.js';
import { PlacesRepository } from './place.repository.js';
import { RepositoryEffects } from './repository.effects.js';
import { TriageService } from './triage/triage.service.js';
import { TriggersRepository } from './trigger.repository.js';
import { TriggerService } from './trigger.service.js';
import { TriggerSweep } from './trigger.sweep.js';
import { WebhookService } from './webhook/webhook.service.js';
import { WitnessService } from './webhook/witness.service.js';

/** Stand beside PlaneModule in api and engine. */
const services = [
  DeliveriesRepository,
  PlacesRepository,
  IdentitiesRepository,
  TriggersRepository,
  IdentityService,
  WitnessService,
  HearingRepository,
  HearingService,
  TriggerService,
  FiringService,
  CommandService,
  DismissalService,
  TriageService,
  RepositoryEffects,
  WebhookService,
  TriggerSweep,
];

/** What starts work by itself. */
@Module({ providers: services, exports: services })
export class TriggerModule {}
