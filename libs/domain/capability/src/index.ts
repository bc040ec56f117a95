import { LeaseEntity } from './lease.entity.js';
import { LeasesRepository } from './lease.repository.js';
import { LeaseService } from './lease.service.js';
import { WorkerEntity } from './worker.entity.js';
import { WorkersRepository } from './worker.repository.js';
import { WorkerService } from './worker.service.js';

export { chooseKind, limitsOf } from './lease.js';
export { LeaseEntity } from './lease.entity.js';
export { LeasesRepository, type HeldLease } from './lease.repository.js';
export { LeaseService, type Granted } from './lease.service.js';
export { WorkerEntity } from './worker.entity.js';
export { toWorker, WorkersRepository } from './worker.repository.js';
export { WorkerService } from './worker.service.js';

export const capabilityEntities = [WorkerEntity, LeaseEntity];
export const capabilityProviders = [LeasesRepository, LeaseService, WorkersRepository, WorkerService];
