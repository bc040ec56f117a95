import { TriggerDocument, type Trigger } from '@gatehouse/contracts';
import { ensureLogins, grantRights, planeRoles, type PlaneRole } from '@gatehouse/database';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { Changes, LedgerService } from '@gatehouse/ledger';
import { PlaneModule } from '@gatehouse/orchestration';
import { AccessService, Bootstrap } from '@gatehouse/policy';
import { forgeReader, newId, PlaneSettings, RepositoriesRepository } from '@gatehouse/session';
import type { TaskContext, Transaction } from '@gatehouse/tasks';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeliveriesRepository } from './webhook/delivery.repository.js';
import { noteSaid, reader } from './forge.fixture.js';
import { HearingService } from './webhook/hearing.service.js';
import { TriggerModule } from './trigger.module.js';
import { TriggerService } from './trigger.service.js';
import { WebhookService } from './webhook/webhook.service.js';

const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.org'];

/** The engine's part of a plane, on a database and a repository of its own; the forge is the test's. */
export class TriggerFixture {
  repositoryId!: string;
  admin!: Awaited<ReturnType<AccessService['principal']>>;
  #deliveries = 0;
  /** Roles belong to the whole server, and other specs run beside this one. */
  readonly #prefix = `t${randomBytes(4).toString('hex')}`;
  #running = 0;
  #login: PlaneRole | undefined;

  private constructor(
    readonly dir: string,
    readonly database: TestDatabase,
    readonly app: INestApplicationContext,
  ) {}

  static async start(): Promise<TriggerFixture> {
    const dir = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-trigger-')));
    const database = await createTestDatabase();
    Object.assign(process.env, {
      DATABASE_URL: database.url,
      GATEHOUSE_DATA_DIR: join(dir, 'data'),
      GATEHOUSE_REPOSITORY_ROOTS: dir,
      GATEHOUSE_MIRROR_FRESH: '1h',
      GATEHOUSE_GITHUB_APP_ID: '4711',
    });
    class TestModule {}
    const failed = (error: unknown) => void process.stderr.write(`${String(error)}\n`);
    Module({
      imports: [
        PlaneModule.for('engine', failed, [{ provide: forgeReader, useFactory: () => reader }]),
        TriggerModule,
      ],
    })(TestModule);
    const app = await NestFactory.createApplicationContext(TestModule, {
      logger: false,
      abortOnError: false,
    });
    const made = new TriggerFixture(dir, database, app);
    await made.prepare();
    return made;
  }

  private async prepare(): Promise<void> {
    await this.app.get(Bootstrap).run(join(this.dir, 'credentials'));
    const [admin] = await this.query<{ id: string }>(`SELECT id FROM principals WHERE name = 'admin'`);
    this.admin = await this.app.get(AccessService).principal(admin!.id);
    this.repositoryId = await this.repository('acme/widgets', '186853002');
    const { dataSource } = this.database;
    const logins = Object.fromEntries(planeRoles.map((role) => [role, `${this.#prefix}_${role}`])) as never;
    await ensureLogins(dataSource, logins, logins);
    await grantRights(dataSource, logins);
    const driver = this.deliveries['dataSource'].driver as unknown as {
      master: { on(event: string, told: (client: { query: (sql: string) => unknown }) => void): void };
    };
    driver.master.on('acquire', (client) =>
      client.query(this.#login ? `SET ROLE ${this.#prefix}_${this.#login}` : 'RESET ROLE'),
    );
  }

  /** One that lies on the forge; its mirror holds one commit. */
  async repository(name: string, forgeId: string | null): Promise<string> {
    const id = newId('repository');
    await this.query(
      `INSERT INTO repositories (id, name, source, source_kind, mode, default_branch, forge, forge_id, mirror_fetched_at)
       VALUES ($1, $2, $3, 'https', 'live', 'main', 'github', $4, now())`,
      [id, name, `https://github.com/${name}`, forgeId],
    );
    const work = join(this.dir, id);
    const git = (...args: string[]) => execFileSync('git', [...identity, '-C', work, ...args]);
    execFileSync('git', ['init', '-q', '-b', 'main', work]);
    writeFileSync(join(work, 'README.md'), 'first line\n');
    git('add', '.');
    git('commit', '-qm', 'base');
    const mirror = this.app.get(PlaneSettings).mirrorDir(id);
    execFileSync('git', ['clone', '-q', '--mirror', work, mirror]);
    return id;
  }

  async trigger(name: string, spec: Record<string, unknown>): Promise<Trigger> {
    const document = TriggerDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Trigger',
      metadata: { name },
      spec: {
        repository: 'acme/widgets',
        job: { agent: { adapter: 'command', command: ['true'] } },
        ...spec,
      },
    });
    const row = await this.app.get(RepositoriesRepository).find(this.repositoryId);
    return this.changes.run((change) =>
      this.app.get(TriggerService).put(change, { document, row }, this.admin),
    );
  }

  get changes(): Changes {
    return this.app.get(Changes);
  }
  get deliveries(): DeliveriesRepository {
    return this.app.get(DeliveriesRepository);
  }

  query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
    return this.database.dataSource.query(sql, parameters);
  }

  /** Stores a payload as the door does. */
  async receive(event: string, payload: unknown, deliveryId?: string): Promise<string> {
    this.#deliveries += 1;
    if (!Buffer.isBuffer(payload)) noteSaid(payload);
    const body = Buffer.isBuffer(payload) ? payload : Buffer.from(JSON.stringify(payload));
    const given = { deliveryId: deliveryId ?? `d-${this.#deliveries}`, event, body };
    return (await this.deliveries.receive(given)).delivery;
  }

  /** As engine and api run its tasks one after the other, each with the rights of its login. */
  async handle(id: string): Promise<void> {
    await this.run('engine', 'webhook.handle', id);
    const [wish] = await this.query<{ state: string }>(
      `SELECT state FROM tasks WHERE type = 'webhook.wish' AND payload->>'deliveryId' = $1 AND state = 'pending'`,
      [id],
    );
    if (wish !== undefined) await this.run('api', 'webhook.wish', id);
  }

  /** Several at once have to be of one login. */
  async run(
    login: PlaneRole,
    type: 'webhook.handle' | 'webhook.wish' | 'forge.hear',
    id: string,
  ): Promise<void> {
    const context: TaskContext = {
      id: 'tsk_test',
      attempt: 1,
      signal: new AbortController().signal,
      complete: async (manager: Transaction) =>
        void (await manager.query(
          `UPDATE tasks SET state = 'done', finished_at = now() WHERE type = $2 AND payload->>'deliveryId' = $1`,
          [id, type],
        )),
    };
    const webhooks = this.app.get(WebhookService);
    const hearing = this.app.get(HearingService);
    this.#login = login;
    this.#running += 1;
    try {
      if (type === 'forge.hear') await hearing.hear(id, context);
      else await (type === 'webhook.wish' ? webhooks.runWish(id, context) : webhooks.run(id, context));
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#login = undefined;
    }
  }

  /** Asks the forge what was said; answers the deliveries made of that. */
  async listen(): Promise<string[]> {
    const before = await this.query<{ id: string }>('SELECT id FROM webhook_deliveries');
    await this.run('api', 'forge.hear', this.repositoryId);
    const known = before.map(({ id }) => id);
    const after = await this.query<{ id: string }>(
      'SELECT id FROM webhook_deliveries WHERE NOT id = ANY($1) ORDER BY id',
      [known],
    );
    return after.map(({ id }) => id);
  }

  /** Listens, and handles what it heard; answers what came of each. */
  async hear(): Promise<string[]> {
    const ids = await this.listen();
    for (const id of ids) await this.handle(id);
    return Promise.all(ids.map((id) => this.came(id)));
  }

  /** Receives and handles; answers what came of it in one line. */
  async deliver(event: string, payload: unknown): Promise<string> {
    const id = await this.receive(event, payload);
    await this.handle(id);
    return this.came(id);
  }

  async came(id: string): Promise<string> {
    const { state, outcome } = await this.deliveries.find(id);
    return `${state}: ${outcome?.what}: ${outcome?.reason}`;
  }

  /** Types of the tasks that wait, beside those of deliveries. */
  async waiting(): Promise<string[]> {
    const rows = await this.query<{ type: string }>(
      `SELECT type FROM tasks WHERE state = 'pending' AND type NOT LIKE 'webhook.%' ORDER BY id`,
    );
    return rows.map(({ type }) => type);
  }

  async replies(): Promise<string[]> {
    const rows = await this.query<{ body: string }>(
      `SELECT payload->>'body' AS body FROM tasks WHERE type = 'forge.reply' ORDER BY id`,
    );
    return rows.map(({ body }) => body);
  }

  async jobs(): Promise<{ id: string; name: string; spec: Record<string, never>; requester: string }[]> {
    return this.query(
      `SELECT j.id, j.name, j.spec, p.name AS requester FROM jobs j JOIN principals p ON p.id = j.requested_by ORDER BY j.id`,
    );
  }

  async events(streamId: string): Promise<string[]> {
    const { items } = await this.app.get(LedgerService).readPage(streamId, { after: 0, limit: 1000 });
    return items.map(({ type }) => type);
  }

  async stop(): Promise<void> {
    await this.app.close();
    for (const role of planeRoles) {
      await this.query(`DROP OWNED BY ${this.#prefix}_${role}`);
      await this.query(`DROP ROLE ${this.#prefix}_${role}`);
    }
    await this.database.drop();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
