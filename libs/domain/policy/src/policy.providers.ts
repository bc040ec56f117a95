import { AccessService } from './access/access.service.js';
import { Bootstrap } from './bootstrap.js';
import { PolicyDecisionEntity } from './policy.decision.entity.js';
import { PolicyDecisionRepository } from './policy.decision.repository.js';
import { PolicyEntity } from './policy.entity.js';
import { PolicyRepository } from './policy.repository.js';
import { PolicySetEntity } from './policy-set/policy.set.entity.js';
import { PolicySetRepository } from './policy-set/policy.set.repository.js';
import { PolicySetService } from './policy-set/policy.set.service.js';
import { PolicyService } from './policy.service.js';
import { PolicyTrialService } from './policy.trial.service.js';
import { PrincipalEntity } from './principal.entity.js';
import { PrincipalRepository } from './principal.repository.js';
import { TokenEntity } from './token.entity.js';
import { TokenRepository } from './token.repository.js';

/** What a process of the plane provides of this room; they need a DataSource and the ledger. */
export const policyProviders = [
  PrincipalRepository,
  TokenRepository,
  PolicyRepository,
  AccessService,
  PolicyService,
  PolicySetRepository,
  PolicySetService,
  PolicyDecisionRepository,
  PolicyTrialService,
  Bootstrap,
];

export const policyEntities = [
  PrincipalEntity,
  TokenEntity,
  PolicyEntity,
  PolicySetEntity,
  PolicyDecisionEntity,
];
