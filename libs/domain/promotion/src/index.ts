import { ApprovalEntity } from './approval/approval.entity.js';
import { ApprovalRight } from './approval/approval.right.js';
import { AskedAnswersRepository } from './approval/asked.answer.repository.js';
import { ApprovalWithdrawal } from './approval/approval.withdrawal.js';
import { ForgeReply } from './pull-request/forge.reply.js';
import { LateEffect } from './pull-request/late.effect.js';
import { IssuePromotionsRepository } from './issue.promotions.repository.js';
import { LanesRepository } from './lane/lane.repository.js';
import { LaneRoundsRepository } from './lane/lane.round.repository.js';
import { ShownLanesRepository } from './lane/lane.shown.repository.js';
import { LaneStack } from './lane/lane.stack.js';
import { LaneView } from './lane/lane.view.js';
import { PromotionPreflight } from './promotion.preflight.js';
import { LaneService } from './lane/lane.service.js';
import { PromotionEntity } from './promotion.entity.js';
import { PromotionLogExporter } from './log/promotion-log.exporter.js';
import { PromotionLogsRepository } from './log/promotion-log.repository.js';
import { PromotionLogWriter } from './log/promotion-log.writer.js';
import { PromotionMover } from './promotion.mover.js';
import { PromotionLapse } from './promotion.lapse.js';
import { PromotionPublisher } from './promotion.publisher.js';
import { PromotionsRepository } from './promotion.repository.js';
import { PromotionRunner } from './promotion.runner.js';
import { ProofKeys } from './proof/proof.keys.js';
import { ProofsRepository } from './proof/proof.repository.js';
import { ProofService } from './proof/proof.service.js';
import { PullRequestEntity } from './pull-request/pull-request.entity.js';
import { PullRequestsRepository } from './pull-request/pull-request.repository.js';
import { PullRequestPublisher } from './pull-request/pull-request.publisher.js';
import { PullRequestService } from './pull-request/pull-request.service.js';
import { PullRequestSync } from './pull-request/pull-request.sync.js';
import { PullRequestWatch } from './pull-request/pull-request.watch.js';
import { PromotionService } from './promotion.service.js';
import { PromotionView } from './promotion.view.js';

export { ApprovalEntity } from './approval/approval.entity.js';
export { type Approver } from './approval/approval.right.js';
export { commitMessage, type MessageParts } from './commit.message.js';
export { ForgeReply } from './pull-request/forge.reply.js';
export { IssuePromotionsRepository } from './issue.promotions.repository.js';
export { groundOf, nextStep, windowAfter, type PrefixAnswer, type Stack } from './lane/lane.bisect.js';
export { LaneRoundsRepository } from './lane/lane.round.repository.js';
export { type InLane, type LaneCheck, type LaneRoundRow, type Probe } from './lane/lane.round.js';
export { LaneStack } from './lane/lane.stack.js';
export { LaneView } from './lane/lane.view.js';
export { PromotionPreflight } from './promotion.preflight.js';
export { LaneService } from './lane/lane.service.js';
export { PromotionEntity } from './promotion.entity.js';
export { PromotionLogExporter } from './log/promotion-log.exporter.js';
export { PromotionLogWriter } from './log/promotion-log.writer.js';
export type { PromotionFacts } from './promotion.facts.repository.js';
export { PromotionMover } from './promotion.mover.js';
export { PromotionPublisher, promotionPoints, type PromotionPoint } from './promotion.publisher.js';
export { PromotionRunner, type RunContext } from './promotion.runner.js';
export { ProofKeys } from './proof/proof.keys.js';
export { ProofService, type ProofAnswer } from './proof/proof.service.js';
export { forgeWriter } from './pull-request/pull-request.publisher.js';
export { PullRequestEntity } from './pull-request/pull-request.entity.js';
export { PullRequestService } from './pull-request/pull-request.service.js';
export { PullRequestSync } from './pull-request/pull-request.sync.js';
export { PullRequestWatch } from './pull-request/pull-request.watch.js';
export { targetMoved } from './target.drift.js';
export { ApprovalWithdrawal, type Withdrawn } from './approval/approval.withdrawal.js';
export { PromotionView } from './promotion.view.js';
export { PromotionService, type PromotionRequest } from './promotion.service.js';
export {
  bindingDigest,
  branchOf,
  decideLevel,
  quorumOf,
  type Binding,
  type LevelDecision,
  type LevelRequest,
} from './promotion.js';

export const promotionEntities = [PromotionEntity, ApprovalEntity, PullRequestEntity];
export const promotionProviders = [
  PullRequestsRepository,
  LanesRepository,
  LaneRoundsRepository,
  PromotionsRepository,
  IssuePromotionsRepository,
  PromotionLogsRepository,
  PromotionLogWriter,
  PromotionLogExporter,
  PromotionMover,
  LaneStack,
  AskedAnswersRepository,
  ApprovalRight,
  ApprovalWithdrawal,
  ProofKeys,
  ProofsRepository,
  ProofService,
  PullRequestPublisher,
  PullRequestService,
  PullRequestSync,
  PullRequestWatch,
  ForgeReply,
  LateEffect,
  PromotionLapse,
  PromotionPublisher,
  PromotionService,
  PromotionView,
  LaneService,
  ShownLanesRepository,
  LaneView,
  PromotionPreflight,
  PromotionRunner,
];
