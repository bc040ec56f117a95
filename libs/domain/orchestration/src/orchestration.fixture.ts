import { LeaseService, WorkerService, type Granted } from '@gatehouse/capability';
import { JobSpec, type CompleteAttempt } from '@gatehouse/contracts';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { ArtifactStore, Changes, LedgerService } from '@gatehouse/ledger';
import { PromotionLogExporter, PromotionRunner } from '@gatehouse/promotion';
import {
  newId,
  RepositoryService,
  SessionService,
  type AttemptEntity,
  type Caller,
  type SessionEntity,
} from '@gatehouse/session';
import type { TaskContext, Transaction } from '@gatehouse/tasks';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssessService } from './assess.service.js';
import { IntakeService } from './intake.service.js';
import { PlaneModule } from './plane.module.js';
import type { Submitter } from './requester.js';
import { RebaseService } from './rebase.service.js';
import { RejudgeService } from './rejudge.service.js';
import { RuleService } from './rule.service.js';
import { SettleService } from './settle.service.js';
import { SupersedeService } from './supersede.service.js';
import { SpeculationProbe } from './speculation/speculation.probe.js';
import { SpeculationService } from './speculation/speculation.service.js';
import { SubmitService } from './submit.service.js';
import { SweepService } from './sweep.service.js';

export type Person = Submitter;
type Zone = 'agent' | 'validator';
interface TaskRow {
  id: string;
  type: string;
  payload: { sessionId: string; attemptId: string; promotionId: string };
}

const asPatch = ['diff', '--cached', '--binary', '--full-index', '--no-renames'];
const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];

/** Every service of the plane on a database and a repository of its own; time and workers are the test's. */
export class OrchestrationFixture {
  requester!: Person;
  readonly workers = {} as Record<Zone, string>;

  private constructor(
    readonly dir: string,
    readonly database: TestDatabase,
    readonly app: INestApplicationContext,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<OrchestrationFixture> {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-orchestration-')));
    const database = await createTestDatabase();
    Object.assign(process.env, {
      DATABASE_URL: database.url,
      GATEHOUSE_DATA_DIR: join(dir, 'data'),
      GATEHOUSE_REPOSITORY_ROOTS: dir,
      // Only the test lets time pass: nothing expires between two of its steps.
      GATEHOUSE_LEASE_TTL: '1h',
      GATEHOUSE_MIRROR_FRESH: '1h',
      GATEHOUSE_INFRA_RETRIES: '2',
      ...env,
    });
    class TestModule {}
    Module({
      imports: [PlaneModule.for('engine', (error) => void process.stderr.write(`${String(error)}\n`))],
    })(TestModule);
    const app = await NestFactory.createApplicationContext(TestModule, {
      logger: false,
      abortOnError: false,
    });
    const made = new OrchestrationFixture(dir, database, app);
    await made.prepare();
    return made;
  }

  private async prepare(): Promise<void> {
    this.git('init', '-q', '-b', 'main');
    writeFileSync(join(this.source, 'README.md'), 'first line\n');
    this.git('add', '.');
    this.git('commit', '-qm', 'base');
    const someone = await this.principal('user', ['requester']);
    this.requester = { ...someone, kind: 'user', roles: ['requester'] };
    const repositories = this.app.get(RepositoryService);
    const row = await repositories.prepare({ name: 'widgets', source: this.source, mode: 'live' });
    await this.changes.run((change) => repositories.add(change, row, this.requester));
    for (const zone of ['agent', 'validator'] as const) {
      const caller = await this.principal('worker', ['worker'], zone);
      const sandboxes = [{ kind: 'process_sandbox' as const, mode: 'uid', detail: '' }];
      const worker = { name: zone, zone, sandboxes, version: '0', slots: 2 };
      this.workers[zone] = await this.changes.run((change) =>
        this.app.get(WorkerService).register(change, { ...caller, zone }, worker),
      );
    }
  }

  get source(): string {
    return join(this.dir, 'widgets');
  }
  get changes(): Changes {
    return this.app.get(Changes);
  }
  get ledger(): LedgerService {
    return this.app.get(LedgerService);
  }
  get leases(): LeaseService {
    return this.app.get(LeaseService);
  }

  git(...args: string[]): string {
    const folder = args[0] === 'init' ? [] : ['-C', this.source];
    const more = args[0] === 'init' ? [this.source] : [];
    return execFileSync('git', [...identity, ...folder, ...args, ...more])
      .toString()
      .trim();
  }

  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.dataSource.query(sql, parameters);
  }

  async principal(kind: string, roles: string[], zone: Zone | null = null): Promise<Caller> {
    const id = newId('principal');
    const name = id.toLowerCase();
    await this.query('INSERT INTO principals (id, name, kind, roles, zone) VALUES ($1, $2, $3, $4, $5)', [
      id,
      name,
      kind,
      roles,
      zone,
    ]);
    return { id, name };
  }

  /** Accepts a job with more in its spec; answers job and session. */
  async submit(more: Record<string, unknown> = {}): Promise<{ id: string; sessionId: string }> {
    const spec = JobSpec.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: 'change' },
      spec: {
        repository: 'widgets',
        base: this.git('rev-parse', 'main'),
        goal: 'Change it',
        agent: { adapter: 'command', command: ['true'] },
        ...more,
      },
    });
    const submit = this.app.get(SubmitService);
    const prepared = await submit.prepare(spec);
    const { id, sessionId } = await this.changes.run((change) =>
      submit.accept(change, this.requester, prepared),
    );
    return { id, sessionId };
  }

  cancel(jobId: string, caller: Person = this.requester): Promise<void> {
    return this.changes.run((change) =>
      this.app.get(SubmitService).cancel(change, caller, jobId, 'not wanted any more'),
    );
  }

  /** The next attempt for a worker of this zone; undefined where nothing waits. */
  async claim(zone: Zone = 'agent'): Promise<Granted | undefined> {
    const { granted } = await this.leases.claim(
      [{ workerId: this.workers[zone], tokenId: null }],
      (change, sessionId, kind) => this.app.get(RuleService).refusesClaim(change, sessionId, kind),
    );
    return granted[0];
  }

  /** Claims and starts what must be there. */
  async begin(zone: Zone = 'agent'): Promise<Granted> {
    await this.query(`UPDATE attempts SET not_before = now() WHERE state = 'queued'`);
    const granted = await this.claim(zone);
    if (granted === undefined) throw new Error(`Nothing waits for a worker of zone ${zone}.`);
    await this.leases.start(await this.held(granted), granted.lease.generation, zone);
    return granted;
  }

  async held({ lease }: Granted) {
    return this.leases.authenticate(lease.id, lease.token);
  }

  /** Hands in a result under the lease. */
  async complete(granted: Granted, body: Record<string, unknown>): Promise<void> {
    const whole = { generation: granted.lease.generation, ...body } as unknown as CompleteAttempt;
    return this.leases.complete(await this.held(granted), whole, 'worker');
  }

  /** Hands in the patch that makes this of a file. */
  async completePatch(granted: Granted, content: string, path = 'README.md'): Promise<void> {
    const base = this.git('rev-parse', 'main');
    writeFileSync(join(this.source, path), content);
    this.git('add', '.');
    const diff = execFileSync('git', ['-C', this.source, ...asPatch, base]);
    const tree = this.git('write-tree');
    this.git('reset', '-q', '--hard', base);
    const { id } = await this.app.get(ArtifactStore).put(diff, { kind: 'patch', mediaType: 'text/x-patch' });
    const report = {
      ...{ ignored: [], ignoredCount: 0, refused: [], refusedCount: 0, killedProcesses: 0, exitCode: 0 },
      ...{ outcome: 'exited', durationMs: 1, sandbox: 'test' },
    };
    await this.complete(granted, {
      outcome: 'succeeded',
      result: { kind: 'patch', patch: id, base, tree, report },
    });
  }

  /** Lets the time of a lease run out, and sweeps. */
  async expire({ lease }: Granted): Promise<void> {
    await this.query(`UPDATE leases SET expires_at = now() - interval '1 hour' WHERE id = $1`, [lease.id]);
    await this.sweep();
  }

  sweep(): Promise<void> {
    return this.app.get(SweepService).run();
  }

  /** Runs what waits in the outbox, and what that brings, until nothing waits; `only` leaves others waiting. */
  async drain(only?: string[]): Promise<string[]> {
    const ran: string[] = [];
    for (;;) {
      const [task] = await this.query<TaskRow>(
        `SELECT id, type, payload FROM tasks WHERE state = 'pending' AND ($1::text[] IS NULL OR type = ANY($1)) ORDER BY id LIMIT 1`,
        [only ?? null],
      );
      if (task === undefined) return ran;
      await this.run(task);
      ran.push(task.type);
    }
  }

  /** One task as its process runs it; once more changes nothing, which is what at-least-once asks for. */
  async run({ id, type, payload }: TaskRow): Promise<void> {
    const done = `UPDATE tasks SET state = 'done', finished_at = clock_timestamp() WHERE id = $1`;
    const context: TaskContext = {
      id,
      attempt: 1,
      signal: new AbortController().signal,
      complete: async (manager: Transaction) => void (await manager.query(done, [id])),
    };
    // One that runs keeps nobody from asking for it again.
    await this.query('UPDATE tasks SET dedupe_key = NULL WHERE id = $1', [id]);
    const { sessionId, attemptId, promotionId } = payload;
    if (type === 'session.intake') await this.app.get(IntakeService).run(sessionId, context);
    else if (type === 'candidate.assess') await this.app.get(AssessService).run(attemptId, context);
    else if (type === 'candidate.conclude') await this.app.get(AssessService).conclude(attemptId, context);
    else if (type === 'session.rejudge') await this.app.get(RejudgeService).run(sessionId, context);
    else if (type === 'session.rebase') await this.app.get(RebaseService).run(sessionId, context);
    else if (type === 'session.settle') await this.app.get(SettleService).run(sessionId, context);
    else if (type === 'lane.probed') await this.app.get(SpeculationProbe).conclude(attemptId, context);
    else if (type === 'lane.speculate') await this.app.get(SpeculationService).run(payload as never, context);
    else if (type === 'promotion.run') await this.app.get(PromotionRunner).run(promotionId, context);
    else if (type === 'promotion.supersede') await this.app.get(SupersedeService).run(promotionId, context);
    else if (type === 'promotion_log.export')
      await this.app.get(PromotionLogExporter).run(payload as never, context);
    else throw new Error(`No test runs ${type}.`);
    await this.query(done, [id]);
  }

  session(id: string): Promise<SessionEntity> {
    return this.app.get(SessionService).rows.find(id);
  }

  attempts(sessionId: string): Promise<AttemptEntity[]> {
    return this.app.get(SessionService).rows.attemptsOf(sessionId);
  }

  /** How the session ended, in one line; its state where it has not. */
  async ending(sessionId: string): Promise<string> {
    const { state, outcome, reasonCode } = await this.session(sessionId);
    return state === 'ended' ? `${outcome}${reasonCode === null ? '' : ` ${reasonCode}`}` : state;
  }

  async branches(): Promise<string[]> {
    return this.git('for-each-ref', '--format=%(refname:short)', 'refs/heads/gatehouse')
      .split('\n')
      .filter(Boolean);
  }

  async verify(): Promise<boolean> {
    return (await this.app.get(LedgerService).verifyInstallation()).ok;
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.database.drop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
