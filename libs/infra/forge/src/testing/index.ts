export { GitHub, startGitHub, type GitHubOptions } from './github.js';
export type { Attempt, Deliveries, Delivery } from './deliveries.js';
export type { Fault, FaultDeed, FaultMatch, Faults, PlannedFault } from './faults.js';
export type { Person, PushWanted } from './people.js';
export type { Received } from './server.js';
export type { NewRepository } from './world.js';
export type {
  Account,
  App,
  Comment,
  Installation,
  Issue,
  Permissions,
  Protection,
  Pull,
  PullIssue,
  Repository,
  Review,
  ReviewComment,
  Role,
  Rule,
} from './world.types.js';
