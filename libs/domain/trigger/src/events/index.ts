import type { EventHandler } from './event.handler.js';
import { installation } from './installation.handler.js';
import { installationRepositories } from './installation-repositories.handler.js';
import { issueComment } from './issue-comment.handler.js';
import { issues } from './issues.handler.js';
import { pullRequest } from './pull-request.handler.js';
import { pullRequestReview } from './pull-request-review.handler.js';
import { pullRequestReviewComment } from './pull-request-review-comment.handler.js';
import { push } from './push.handler.js';
import { repository } from './repository.handler.js';

/** What is done about each event; every other one is ignored. One line each. */
export const eventHandlers: readonly EventHandler[] = [
  issues,
  issueComment,
  pullRequest,
  pullRequestReview,
  pullRequestReviewComment,
  push,
  repository,
  installation,
  installationRepositories,
];
