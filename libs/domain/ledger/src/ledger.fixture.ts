import { inTransaction, NotifyHub } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ulid } from 'ulid';
import { CheckpointRepository } from './checkpoint.repository.js';
import { GroupCommitRepository } from './group-commit.repository.js';
import { HeadCheckpointer } from './head-checkpointer.js';
import type { AppendedEvent, NewEvent } from './ledger.js';
import { LedgerKeys, type LedgerOptions } from './ledger.options.js';
import { LedgerRepository } from './ledger.repository.js';
import { LedgerService } from './ledger.service.js';
import { ReadRepository } from './read.repository.js';
import { RetentionRepository } from './retention.repository.js';

export const newStream = (): string => `ses_${ulid()}`;

export const eventOf = (
  streamId: string,
  payload: Record<string, unknown> = {},
  more: Partial<NewEvent> = {},
): NewEvent => ({ streamId, type: 'agent.note', actor: 'test', payload, ...more }) as NewEvent;

/** A ledger on a database of its own, and a second service on the same one, as another process would be. */
export class LedgerFixture {
  private constructor(
    readonly database: TestDatabase,
    readonly directory: string,
    readonly hub: NotifyHub,
  ) {}

  readonly services: LedgerService[] = [];

  static async start(): Promise<LedgerFixture> {
    const database = await createTestDatabase({ poolSize: 10 });
    const directory = await mkdtemp(join(tmpdir(), 'gatehouse-ledger-'));
    const hub = new NotifyHub({ url: database.url, applicationName: 'test' });
    return new LedgerFixture(database, directory, hub);
  }

  get reads(): ReadRepository {
    return new ReadRepository(this.database.dataSource);
  }

  get options(): LedgerOptions {
    return { directory: this.directory, signs: true };
  }

  service(
    options: Partial<LedgerOptions> = {},
    groupCommit: GroupCommitRepository = new GroupCommitRepository(this.database.dataSource),
  ): LedgerService {
    const { dataSource } = this.database;
    const all = { ...this.options, ...options };
    const service = new LedgerService(
      new LedgerRepository(dataSource),
      groupCommit,
      this.reads,
      new RetentionRepository(dataSource),
      this.hub,
      new LedgerKeys(all),
      all,
    );
    this.services.push(service);
    return service;
  }

  async checkpointer(): Promise<HeadCheckpointer> {
    const keys = new LedgerKeys(this.options);
    return new HeadCheckpointer(new CheckpointRepository(this.database.dataSource), {
      key: await keys.signingKey(),
      file: keys.file,
    });
  }

  /** Appends by way 1, in a transaction of its own. */
  transact(service: LedgerService, events: readonly NewEvent[]): Promise<AppendedEvent[]> {
    return inTransaction(this.database.dataSource, (manager) => service.appendInTransaction(manager, events));
  }

  /** Does what an intruder who owns the tables can do. */
  async tamper(sql: string, parameters: unknown[] = []): Promise<void> {
    const tables = ['ledger_events', 'ledger_payloads', 'ledger_streams'];
    const all = async (what: string) => {
      for (const table of tables)
        await this.database.dataSource.query(`ALTER TABLE ${table} ${what} TRIGGER ALL`);
    };
    await all('DISABLE');
    await this.database.dataSource.query(sql, parameters);
    await all('ENABLE');
  }

  async stop(): Promise<void> {
    for (const service of this.services) await service.onModuleDestroy();
    await this.hub.close();
    await this.database.drop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
