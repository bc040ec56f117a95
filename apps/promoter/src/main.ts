import 'reflect-metadata';
import { logError, makeLog, PlaneModule, runTaskProcess } from '@gatehouse/orchestration';
import type { ForgeWriter } from '@gatehouse/forge';
import type { TokenDoor } from '@gatehouse/forge/writer';
import {
  ForgeReply,
  forgeWriter,
  PromotionLogExporter,
  PromotionRunner,
  ProofKeys,
  PullRequestSync,
} from '@gatehouse/promotion';
import { PlaneSettings } from '@gatehouse/session';
import { taskHandler } from '@gatehouse/tasks';
import { Module } from '@nestjs/common';
import { openTokenDoor, writingForge } from './forge.providers.js';

const log = makeLog(process.env['GATEHOUSE_LOG_LEVEL'] ?? 'info', 'promoter');

@Module({
  imports: [
    PlaneModule.for('promoter', (error) => logError(log, error, 'trouble beside the tasks'), writingForge),
  ],
})
class PromoterModule {}

let door: TokenDoor | undefined;

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
      type: 'promotion_log.export',
      concurrency: 2,
      run: (lane, context) => app.get(PromotionLogExporter).run(lane, context),
    }),
    taskHandler({
      type: 'pull_request.sync',
      concurrency: 2,
      run: ({ pullRequestId }, { attempt }) => app.get(PullRequestSync).run(pullRequestId, attempt),
    }),
    taskHandler({
      type: 'forge.reply',
      concurrency: 2,
      run: (reply, { attempt }) => app.get(ForgeReply).run(reply, attempt),
    }),
  ],
  onStart: async (app) => {
    // Made before the first proof is, so that it can be handed to whoever will check one.
    await app.get(ProofKeys).signingKey();
    door = await openTokenDoor(
      app.get(PlaneSettings, { strict: false }),
      app.get<ForgeWriter | undefined>(forgeWriter, { strict: false }),
      (error) => logError(log, error, 'a token of the forge could not be handed out'),
    );
  },
  onStop: async () => door?.close(),
});
