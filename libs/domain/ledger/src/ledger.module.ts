import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  Inject,
  Injectable,
} from '@nestjs/common';
import { ArtifactRepository } from './artifact.repository.js';
import { ArtifactStore } from './artifact.store.js';
import { AttemptLogRepository } from './attempt-log.repository.js';
import { AttemptLogs } from './attempt-log.js';
import { Changes } from './change.js';
import { CheckpointRepository } from './checkpoint.repository.js';
import { GroupCommitRepository } from './group-commit.repository.js';
import { HeadCheckpointer } from './head-checkpointer.js';
import { LedgerKeys, ledgerOptions, type LedgerOptions } from './ledger.options.js';
import { LedgerRepository } from './ledger.repository.js';
import { LedgerService } from './ledger.service.js';
import { ReadRepository } from './read.repository.js';
import { RetentionRepository } from './retention.repository.js';

/** Writes the checkpoints for as long as a signing process lives. */
@Injectable()
class Checkpointing implements OnApplicationBootstrap, OnModuleDestroy {
  #checkpointer: HeadCheckpointer | undefined;

  constructor(
    private readonly repository: CheckpointRepository,
    private readonly keys: LedgerKeys,
    @Inject(ledgerOptions) private readonly options: LedgerOptions,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.options.signs !== true) return;
    const { checkpointMs, onError } = this.options;
    this.#checkpointer = new HeadCheckpointer(this.repository, {
      key: await this.keys.signingKey(),
      file: this.keys.file,
      ...(checkpointMs !== undefined && { intervalMs: checkpointMs }),
      ...(onError !== undefined && { onError }),
    });
    this.#checkpointer.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#checkpointer?.close();
  }
}

/** Needs a DataSource and a NotifyHub from the application, under their own classes as tokens. */
@Module({})
export class LedgerModule {
  static forRoot(
    options: LedgerOptions | Pick<FactoryProvider<LedgerOptions>, 'inject' | 'useFactory'>,
  ): DynamicModule {
    const given = 'useFactory' in options ? options : { useFactory: () => options };
    return {
      module: LedgerModule,
      global: true,
      providers: [
        { provide: ledgerOptions, ...given },
        LedgerKeys,
        LedgerRepository,
        GroupCommitRepository,
        ReadRepository,
        RetentionRepository,
        CheckpointRepository,
        ArtifactRepository,
        AttemptLogRepository,
        LedgerService,
        Changes,
        ArtifactStore,
        AttemptLogs,
        Checkpointing,
      ],
      exports: [LedgerService, Changes, ArtifactStore, AttemptLogs],
    };
  }
}
