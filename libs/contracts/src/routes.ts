import { artifactRoutes } from './artifact.routes.js';
import { candidateRoutes } from './candidate.routes.js';
import { capabilityRoutes } from './capability.routes.js';
import { doctorRoutes } from './doctor.routes.js';
import { jobRoutes } from './job.routes.js';
import { keyRoutes } from './key.routes.js';
import { ledgerRoutes } from './ledger.routes.js';
import { loginRoutes } from './login.routes.js';
import { policyRoutes } from './policy.routes.js';
import { principalRoutes } from './principal.routes.js';
import { promotionRoutes } from './promotion.routes.js';
import { repositoryRoutes } from './repository.routes.js';
import { scheduleRoutes } from './schedule.routes.js';
import { sessionRoutes } from './session.routes.js';
import { taskRoutes } from './task.routes.js';
import { triggerRoutes } from './trigger.routes.js';
import { webhookRoutes } from './webhook.routes.js';

export { probes } from './doctor.routes.js';
export { hooks } from './webhook.routes.js';

/** The public API, under `/api/v1`. Each noun keeps its own addresses in `<noun>.routes.ts`. */
export const routes = {
  ...loginRoutes,
  ...principalRoutes,
  ...repositoryRoutes,
  ...policyRoutes,
  ...jobRoutes,
  ...scheduleRoutes,
  ...sessionRoutes,
  ...artifactRoutes,
  ...candidateRoutes,
  ...promotionRoutes,
  ...capabilityRoutes,
  ...taskRoutes,
  ...triggerRoutes,
  ...webhookRoutes,
  ...ledgerRoutes,
  ...keyRoutes,
  ...doctorRoutes,
} as const;

export type RouteName = keyof typeof routes;
