import { LoginController } from './access/login.controller.js';
import { IdentityController } from './access/identity.controller.js';
import { PrincipalController } from './access/principal.controller.js';
import { TokenController } from './access/token.controller.js';
import { ArtifactController } from './artifacts/artifact.controller.js';
import { CandidateController } from './candidates/candidate.controller.js';
import { DoctorController } from './doctor/doctor.controller.js';
import { JobController } from './jobs/job.controller.js';
import { KeyController } from './keys/key.controller.js';
import { LedgerController } from './ledger/ledger.controller.js';
import { PolicyController } from './policies/policy.controller.js';
import { PolicySetController } from './policies/policy.set.controller.js';
import { PolicyTrialController } from './policies/policy.trial.controller.js';
import { PromotionController } from './promotions/promotion.controller.js';
import { RepositoryController } from './repositories/repository.controller.js';
import { ScheduleController } from './schedules/schedule.controller.js';
import { SessionController } from './sessions/session.controller.js';
import { TaskController } from './tasks/task.controller.js';
import { TriggerController } from './triggers/trigger.controller.js';
import { DeliveryController } from './webhooks/delivery.controller.js';
import { WebhookController } from './webhooks/webhook.controller.js';
import { LeaseController } from './worker-protocol/lease.controller.js';
import { ProtocolController } from './worker-protocol/protocol.controller.js';
import { WorkerController } from './workers/worker.controller.js';

/** One per noun; a spec holds all of them against the contracts. */
export const controllers = [
  LoginController,
  PrincipalController,
  IdentityController,
  TokenController,
  RepositoryController,
  PolicyController,
  PolicySetController,
  PolicyTrialController,
  JobController,
  ScheduleController,
  SessionController,
  ArtifactController,
  CandidateController,
  PromotionController,
  WorkerController,
  TaskController,
  TriggerController,
  DeliveryController,
  WebhookController,
  LedgerController,
  KeyController,
  DoctorController,
  ProtocolController,
  LeaseController,
] as const;
