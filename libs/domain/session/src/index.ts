import { AttemptEntity } from './attempt.entity.js';
import { JobEntity } from './job.entity.js';
import { JobsRepository } from './job.repository.js';
import { RepositoryEntity } from './repository.entity.js';
import { RepositoriesRepository } from './repository.repository.js';
import { RepositoryMoves } from './repository.moves.js';
import { RepositoryService } from './repository.service.js';
import { SessionEntity } from './session.entity.js';
import { SessionsRepository } from './session.repository.js';
import { SessionService } from './session.service.js';

export { AttemptEntity, type AttemptResult, type StackedTree } from './attempt.entity.js';
export { JobEntity } from './job.entity.js';
export { JobsRepository } from './job.repository.js';
export { pageOfRows, pageWhere } from './keyset.repository.js';
export { newId } from './new-id.js';
export { PlaneSettings } from './plane.settings.js';
export { RepositoryEntity } from './repository.entity.js';
export { forgeReader, RepositoryMoves } from './repository.moves.js';
export { RepositoriesRepository } from './repository.repository.js';
export { forgeTokens, RepositoryService, type PinnedBase } from './repository.service.js';
export { SessionEntity } from './session.entity.js';
export { SessionsRepository } from './session.repository.js';
export { attemptsChannel, SessionService, type Move, type QueueAttempt } from './session.service.js';
export {
  mayMoveAttempt,
  mayMoveSession,
  phaseOf,
  type Caller,
  type PhaseFacts,
  type Reason,
} from './session.js';
export { toAttempt, toRepository, toSession } from './wire.js';

export const sessionEntities = [RepositoryEntity, JobEntity, SessionEntity, AttemptEntity];
export const sessionProviders = [
  JobsRepository,
  RepositoriesRepository,
  RepositoryMoves,
  RepositoryService,
  SessionsRepository,
  SessionService,
];
