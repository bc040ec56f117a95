import type { Noun } from '../cli.js';
import { approvalVerbs } from './approval.command.js';
import { attemptVerbs } from './attempt.command.js';
import { candidateVerbs } from './candidate.command.js';
import { githubVerbs } from './github.command.js';
import { jobVerbs } from './job.command.js';
import { keyVerbs } from './key.command.js';
import { planeVerbs } from './plane.command.js';
import { policyVerbs } from './policy.command.js';
import { principalVerbs } from './principal.command.js';
import { laneVerbs } from './lane.command.js';
import { promotionVerbs } from './promotion.command.js';
import { repoVerbs } from './repo.command.js';
import { scheduleVerbs } from './schedule.command.js';
import { sessionVerbs } from './session.command.js';
import { taskVerbs } from './task.command.js';
import { tokenVerbs } from './token.command.js';
import { triggerVerbs } from './trigger.command.js';
import { verifyVerb } from './verify.command.js';
import { webhookVerbs } from './webhook.command.js';
import { workerVerbs } from './worker.command.js';

/** Every noun, in the order of the help. */
export const nouns: readonly Noun[] = [
  planeVerbs,
  jobVerbs,
  sessionVerbs,
  attemptVerbs,
  candidateVerbs,
  promotionVerbs,
  approvalVerbs,
  laneVerbs,
  repoVerbs,
  policyVerbs,
  triggerVerbs,
  scheduleVerbs,
  webhookVerbs,
  githubVerbs,
  workerVerbs,
  taskVerbs,
  verifyVerb,
  keyVerbs,
  principalVerbs,
  tokenVerbs,
];
