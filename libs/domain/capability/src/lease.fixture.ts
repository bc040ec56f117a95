import type { AttemptPurpose, CapabilityKind, RegisterWorker, TrustZone } from '@gatehouse/contracts';
import { inTransaction, NotifyHub } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import type { Change, Changes, NewEvent } from '@gatehouse/ledger';
import {
  newId,
  PlaneSettings,
  SessionService,
  sessionEntities,
  SessionsRepository,
} from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import { LeaseEntity } from './lease.entity.js';
import type { Seeker } from './lease.js';
import { LeasesRepository } from './lease.repository.js';
import { LeaseService } from './lease.service.js';
import { WorkerEntity } from './worker.entity.js';
import { WorkersRepository } from './worker.repository.js';
import { WorkerService } from './worker.service.js';

export const ttlMs = 30_000;

/** Workers, sessions and attempts on a real Postgres; only the ledger's appending is left out. */
export class LeaseFixture {
  readonly events: NewEvent[] = [];
  readonly sessions: SessionService;
  readonly leases: LeaseService;
  readonly workers: WorkersRepository;
  readonly workerService: WorkerService;

  private constructor(
    readonly database: TestDatabase,
    private readonly hub: NotifyHub,
  ) {
    const { dataSource } = database;
    this.sessions = new SessionService(new SessionsRepository(dataSource), hub);
    this.workers = new WorkersRepository(dataSource);
    this.workerService = new WorkerService(this.workers, this.sessions.rows);
    const plane = PlaneSettings.fromEnvironment({
      GATEHOUSE_DATA_DIR: '/nowhere',
      GATEHOUSE_LEASE_TTL: `${ttlMs / 1_000}s`,
    });
    this.leases = new LeaseService(
      new LeasesRepository(dataSource),
      this.workers,
      this.sessions,
      { run: this.run } as unknown as Changes,
      new Tasks(dataSource, hub),
      plane,
    );
  }

  static async start(): Promise<LeaseFixture> {
    const entities = [...sessionEntities, WorkerEntity, LeaseEntity];
    const database = await createTestDatabase({ entities, poolSize: 20 });
    return new LeaseFixture(database, new NotifyHub({ url: database.url, applicationName: 'test' }));
  }

  async stop(): Promise<void> {
    await this.hub.close();
    await this.database.drop();
  }

  run = async <T>(work: (change: Change) => Promise<T>): Promise<T> => {
    const recorded: NewEvent[] = [];
    const result = await inTransaction(this.database.dataSource, (manager) =>
      work({ manager, record: (event) => void recorded.push(event), fence: () => undefined }),
    );
    this.events.push(...recorded);
    return result;
  };

  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.dataSource.query(sql, parameters);
  }

  async principal(zone: TrustZone = 'agent', embedded = false): Promise<{ id: string; tokenId: string }> {
    const [id, tokenId] = [newId('principal'), newId('token')];
    await this.query(
      `INSERT INTO principals (id, name, kind, roles, zone, embedded) VALUES ($1, $1, 'worker', '{worker}', $2, $3)`,
      [id, zone, embedded],
    );
    await this.query(
      `INSERT INTO tokens (id, principal_id, kind, name, secret_sha256) VALUES ($1, $2, 'token', 'test', $1)`,
      [tokenId, id],
    );
    return { id, tokenId };
  }

  words(zone: TrustZone = 'agent', kinds: readonly CapabilityKind[] = ['process_sandbox']): RegisterWorker {
    return {
      name: newId('worker').toLowerCase().replaceAll('_', '-'),
      zone,
      sandboxes: kinds.map((kind) => ({ kind, mode: 'uid', detail: '' })),
      version: '1',
      slots: 2,
    };
  }

  /** A registered worker, as one that waits. */
  async worker(
    zone: TrustZone = 'agent',
    kinds?: readonly CapabilityKind[],
  ): Promise<Seeker & { principalId: string }> {
    const { id, tokenId } = await this.principal(zone);
    const workerId = await this.run((change) =>
      this.workerService.register(change, { id, name: id, zone }, this.words(zone, kinds)),
    );
    return { workerId, tokenId, principalId: id };
  }

  /** A queued attempt of a session of its own; answers its id. */
  async queued({
    purpose = 'agent' as AttemptPurpose,
    kinds = ['process_sandbox'] as CapabilityKind[],
    labels = {},
    delayMs = 0,
  } = {}): Promise<string> {
    const [who, job, session] = [newId('principal'), newId('job'), newId('session')];
    await this.query(`INSERT INTO principals (id, name, kind, roles) VALUES ($1, $1, 'user', '{}')`, [who]);
    await this.query(
      `INSERT INTO jobs (id, name, labels, spec, spec_digest, requested_by) VALUES ($1, 'x', '{}', '{}', 'd', $2)`,
      [job, who],
    );
    await this.query(
      `INSERT INTO sessions (id, job_id, root_id, path, state) VALUES ($1, $2, $1, 'x', 'spawning')`,
      [session, job],
    );
    return this.run(async (change) =>
      this.sessions.queueAttempt(change, await this.sessions.lock(change, session), {
        purpose,
        wantedKinds: kinds,
        wantedLabels: labels,
        delayMs,
        scheduleToStartMs: 60_000,
        actor: 'test',
      }),
    );
  }

  async attempt(id: string): Promise<{ state: string; workerId: string | null; reasonCode: string | null }> {
    return this.sessions.rows.attempt(id);
  }
}
