import { capabilityEntities, capabilityProviders } from '@gatehouse/capability';
import { NotifyHub } from '@gatehouse/database';
import { GitRunner, Spawner } from '@gatehouse/git';
import { LedgerModule } from '@gatehouse/ledger';
import { policyEntities, policyProviders } from '@gatehouse/policy';
import { promotionEntities, promotionProviders } from '@gatehouse/promotion';
import { PlaneSettings, sessionEntities, sessionProviders } from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { validationEntities, validationProviders } from '@gatehouse/validation';
import {
  Injectable,
  Module,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import { AssessService } from './assess.service.js';
import { ChangeRequestService } from './change-request.service.js';
import { GrantService } from './grant.service.js';
import { IntakeService } from './intake.service.js';
import { JudgingService } from './judging.service.js';
import { DatabaseCloser, databaseProvider, tasksProvider } from './plane.repository.js';
import { QuarantineSweep } from './quarantine/quarantine.sweep.js';
import { RebaseService } from './rebase.service.js';
import { RejudgeService } from './rejudge.service.js';
import { RuleService } from './rule.service.js';
import { SessionEnding } from './session.ending.js';
import { SettleService } from './settle.service.js';
import { SupersedeService } from './supersede.service.js';
import { SpeculationProbe } from './speculation/speculation.probe.js';
import { SpeculationRound } from './speculation/speculation.round.js';
import { SpeculationService } from './speculation/speculation.service.js';
import { SubmitService } from './submit.service.js';
import { SuspensionService } from './suspension.service.js';
import { SweepService } from './sweep.service.js';
import { TargetHead } from './target.head.js';

export type PlaneProcess = 'api' | 'engine' | 'promoter';

/** Forked at boot, while the heap is small, and ended with the process. */
@Injectable()
class SpawnerLife implements OnApplicationShutdown {
  constructor(
    private readonly spawner: Spawner,
    private readonly hub: NotifyHub,
  ) {}

  async onApplicationShutdown(): Promise<void> {
    await this.hub.close();
    await this.spawner.close();
  }
}

const entities = [
  ...sessionEntities,
  ...policyEntities,
  ...capabilityEntities,
  ...validationEntities,
  ...promotionEntities,
];

const services = [
  ...sessionProviders,
  ...policyProviders,
  ...capabilityProviders,
  ...validationProviders,
  ...promotionProviders,
  RuleService,
  SessionEnding,
  SuspensionService,
  ChangeRequestService,
  SubmitService,
  IntakeService,
  JudgingService,
  AssessService,
  RejudgeService,
  TargetHead,
  RebaseService,
  SpeculationRound,
  SpeculationProbe,
  SpeculationService,
  SettleService,
  SupersedeService,
  SweepService,
  GrantService,
];

/** All that a process of the plane is made of, but for its doors. */
@Module({})
export class PlaneModule {
  /** `forge`: what this process may do at the forge, under `forgeTokens`, `forgeReader`, `forgeWriter`. */
  static for(
    name: PlaneProcess,
    onError: (error: unknown) => void,
    forge: readonly FactoryProvider[] = [],
  ): DynamicModule {
    const settings = {
      provide: PlaneSettings,
      useFactory: () => {
        const plane = PlaneSettings.fromEnvironment(process.env);
        for (const folder of [plane.mirrorsDir, plane.quarantineDir, plane.ledgerDir])
          mkdirSync(folder, { recursive: true, mode: 0o700 });
        return plane;
      },
    };
    const hub = {
      provide: NotifyHub,
      inject: [PlaneSettings],
      useFactory: async (plane: PlaneSettings) => {
        const notify = new NotifyHub({
          url: plane.settings.DATABASE_URL ?? '',
          applicationName: `gatehouse ${name} hints`,
          onError,
        });
        await notify.start();
        return notify;
      },
    };
    const spawner = {
      provide: Spawner,
      useFactory: () => {
        const started = new Spawner();
        started.start();
        return started;
      },
    };
    const git = { provide: GitRunner, inject: [Spawner], useFactory: (s: Spawner) => new GitRunner(s) };
    const infra = [settings, databaseProvider(name, entities), hub, tasksProvider, spawner, git];
    return {
      module: PlaneModule,
      global: true,
      imports: [
        LedgerModule.forRoot({
          inject: [PlaneSettings],
          useFactory: (plane: PlaneSettings) => ({
            directory: plane.ledgerDir,
            signs: name === 'engine',
            onError,
          }),
        }),
      ],
      providers: [...infra, ...forge, DatabaseCloser, SpawnerLife, QuarantineSweep, ...services],
      exports: [...[...infra, ...forge].map(({ provide }) => provide), Tasks, ...services],
    };
  }
}
