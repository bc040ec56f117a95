import 'reflect-metadata';
import { logError, makeLog, PlaneModule, runTaskProcess } from '@gatehouse/orchestration';
import { PromotionRunner, PullRequestSync } from '@gatehouse/promotion';
import { taskHandler } from '@gatehouse/tasks';
import { Module } from '@nestjs/common';

const log = makeLog(process.env['GATEHOUSE_LOG_LEVEL'] ?? 'info', 'promoter');

@Module({
  imports: [PlaneModule.for('promoter', (error) => logError(log, error, 'trouble beside the tasks'))],
})
class PromoterModule {}

await runTaskProcess({
  name: 'promoter',
  module: PromoterModule,
  handlers: (app) => [
    taskHandler({
      type: 'promotion.run',
      // Promotions of one lane wait for one another without holding a slot.
      concurrency: 4,
      run: ({ promotionId }, context) => app.get(PromotionRunner).run(promotionId, context),
    }),
    taskHandler({
      type: 'pull_request.sync',
      concurrency: 2,
      run: ({ pullRequestId }) => app.get(PullRequestSync).run(pullRequestId),
    }),
  ],
});
