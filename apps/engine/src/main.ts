import 'reflect-metadata';
import {
  AssessService,
  IntakeService,
  logError,
  PlaneModule,
  readingForge,
  RebaseService,
  RejudgeService,
  runTaskProcess,
  SettleService,
  SupersedeService,
  SpeculationProbe,
  SpeculationService,
  SweepService,
} from '@gatehouse/orchestration';
import { PullRequestWatch } from '@gatehouse/promotion';
import { RepositoryService } from '@gatehouse/session';
import { taskHandler } from '@gatehouse/tasks';
import {
  HearingService,
  SchedulesModule,
  ScheduleSweep,
  TriggerModule,
  TriggerSweep,
  WebhookService,
} from '@gatehouse/trigger';
import { CandidateVerifier } from '@gatehouse/validation';
import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { log } from './engine.log.js';
import { ScheduleTick } from './schedule.tick.js';

@Module({
  imports: [
    PlaneModule.for('engine', (error) => logError(log, error, 'trouble beside the tasks'), readingForge),
    TriggerModule,
    SchedulesModule,
    ScheduleModule.forRoot(),
  ],
  providers: [ScheduleTick],
})
class EngineModule {}

let sweeping: NodeJS.Timeout | undefined;

await runTaskProcess({
  name: 'engine',
  module: EngineModule,
  handlers: (app) => [
    taskHandler({
      type: 'session.intake',
      concurrency: 4,
      run: ({ sessionId }, context) => app.get(IntakeService).run(sessionId, context),
    }),
    taskHandler({
      type: 'candidate.assess',
      concurrency: 4,
      run: ({ attemptId }, context) => app.get(AssessService).run(attemptId, context),
    }),
    taskHandler({
      type: 'candidate.conclude',
      concurrency: 4,
      run: ({ attemptId }, context) => app.get(AssessService).conclude(attemptId, context),
    }),
    taskHandler({
      type: 'candidate.reverify',
      concurrency: 1,
      run: ({ sessionId, candidateId }, context) =>
        app.get(CandidateVerifier).withdraw(sessionId, candidateId, context),
    }),
    taskHandler({
      type: 'session.rejudge',
      concurrency: 4,
      run: ({ sessionId }, context) => app.get(RejudgeService).run(sessionId, context),
    }),
    taskHandler({
      type: 'session.rebase',
      concurrency: 2,
      run: ({ sessionId }, context) => app.get(RebaseService).run(sessionId, context),
    }),
    taskHandler({
      type: 'lane.speculate',
      concurrency: 2,
      run: (lane, context) => app.get(SpeculationService).run(lane, context),
    }),
    taskHandler({
      type: 'lane.probed',
      concurrency: 4,
      run: ({ attemptId }, context) => app.get(SpeculationProbe).conclude(attemptId, context),
    }),
    taskHandler({
      type: 'session.settle',
      concurrency: 4,
      run: ({ sessionId }, context) => app.get(SettleService).run(sessionId, context),
    }),
    taskHandler({
      type: 'promotion.supersede',
      concurrency: 1,
      run: ({ promotionId }, context) => app.get(SupersedeService).run(promotionId, context),
    }),
    taskHandler({
      type: 'pull_request.look',
      concurrency: 2,
      run: ({ pullRequestId }) => app.get(PullRequestWatch).look(pullRequestId),
    }),
    taskHandler({
      type: 'repository.fetch',
      concurrency: 2,
      run: ({ repositoryId }) => app.get(RepositoryService).refresh(repositoryId),
    }),
    taskHandler({
      type: 'webhook.handle',
      concurrency: 4,
      run: ({ deliveryId }, context) => app.get(WebhookService).run(deliveryId, context),
    }),
  ],
  onStart: (app) => {
    const sweep = app.get(SweepService);
    const triggers = app.get(TriggerSweep);
    const schedules = app.get(ScheduleSweep);
    const hearing = app.get(HearingService);
    const again = (): void => {
      sweeping = setTimeout(() => {
        sweep
          .run()
          .then(() => triggers.run())
          .then(() => schedules.run())
          .then(() => hearing.poll())
          .catch((error: unknown) => logError(log, error, 'the sweep failed; it runs again'))
          .finally(again);
      }, sweep.everyMs);
    };
    again();
    return Promise.resolve();
  },
  onStop: () => {
    clearTimeout(sweeping);
    return Promise.resolve();
  },
});
