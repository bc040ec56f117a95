import { LeaseEntity } from './lease.entity.js';
import { LeasesRepository } from './lease.repository.js';
import { LeaseService } from './lease.service.js';
import { WorkerEntity } from './worker.entity.js';
import { WorkersRepository } from './worker.repository.js';
import { WorkerService } from './worker.service.js';

export { chooseKind, hasLabels, limitsOf, type Claimed, type Granted, type Seeker } from './lease.js';
export { canaryOf, type Canary } from './lease.canary.js';
export { LeaseEntity } from './lease.entity.js';
export { LeasesRepository, type HeldLease, type Offer } from './lease.repository.js';
export { LeaseService } from './lease.service.js';
export { whyWaits, type KnownWorker, type Wanted } from './waiting.js';
export { WorkerEntity } from './worker.entity.js';
export { toWorker, WorkersRepository } from './worker.repository.js';
export { WorkerService } from './worker.service.js';

export const capabilityEntities = [WorkerEntity, LeaseEntity];
export const capabilityProviders = [LeasesRepository, LeaseService, WorkersRepository, WorkerService];
