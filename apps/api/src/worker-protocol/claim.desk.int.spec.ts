import { WorkersRepository, type WorkerEntity } from '@gatehouse/capability';
import { JobSpec } from '@gatehouse/contracts';
import { NotifyHub } from '@gatehouse/database';
import { createTestDatabase, until, type TestDatabase } from '@gatehouse/database/testing';
import { Changes } from '@gatehouse/ledger';
import { PlaneModule } from '@gatehouse/orchestration';
import { Bootstrap, PolicyService } from '@gatehouse/policy';
import { attemptsChannel, newId, SessionService } from '@gatehouse/session';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaimDesk } from './claim.desk.js';

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-desk-'));
const longMs = 240_000;
let database: TestDatabase;
let app: INestApplicationContext;
let desk: ClaimDesk;
let principalId: string;
let statements = 0;

const query = <T>(sql: string, parameters: unknown[] = []): Promise<T[]> =>
  database.dataSource.query(sql, parameters);

beforeAll(async () => {
  database = await createTestDatabase();
  Object.assign(process.env, { DATABASE_URL: database.url, GATEHOUSE_DATA_DIR: join(dir, 'data') });
  class TestModule {}
  const failed = (error: unknown) => void process.stderr.write(`${String(error)}\n`);
  Module({ imports: [PlaneModule.for('api', failed)], providers: [ClaimDesk] })(TestModule);
  app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  desk = app.get(ClaimDesk);
  await app.get(Bootstrap).run(join(dir, 'credentials'));
  principalId = (await query<{ id: string }>(`SELECT id FROM principals WHERE name = 'worker-agent'`))[0]!.id;
  const driver = app.get(WorkersRepository)['dataSource'].driver as unknown as {
    master: { on(event: string, told: (client: { query: (...given: unknown[]) => unknown }) => void): void };
  };
  // Every statement of the desk's own process, by whatever connection.
  driver.master.on('acquire', () => (statements += 1));
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
  rmSync(dir, { recursive: true, force: true });
});

const worker = async (): Promise<WorkerEntity> => {
  const id = newId('worker');
  await query(
    `INSERT INTO workers (id, principal_id, name, zone, state, sandboxes, version, slots)
     VALUES ($1, $2, $1, 'agent', 'ready', '[{"kind": "process_sandbox", "mode": "uid", "detail": ""}]', '1', 1)`,
    [id, principalId],
  );
  return app.get(WorkersRepository).find(id);
};
const queued = async (delayMs = 0): Promise<string> => {
  const [job, session] = [newId('job'), newId('session')];
  const [admin] = await query<{ id: string }>(`SELECT id FROM principals WHERE name = 'admin'`);
  const spec = JobSpec.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: 'x' },
    spec: { goal: 'g', agent: { adapter: 'command', command: ['true'] }, limits: { execution: '1m' } },
  });
  const merged = await app.get(PolicyService).effectiveFor(null, 'd', spec);
  expect(merged.ok).toBe(true);
  const digest = merged.ok ? merged.policy.digest : '';
  await query(
    `INSERT INTO jobs (id, name, labels, spec, spec_digest, requested_by) VALUES ($1, 'x', '{}', $2, 'd', $3)`,
    [job, spec, admin!.id],
  );
  await query(
    `INSERT INTO sessions (id, job_id, root_id, path, state, policy_digest) VALUES ($1, $2, $1, 'x', 'spawning', $3)`,
    [session, job, digest],
  );
  const sessions = app.get(SessionService);
  return app.get(Changes).run(async (change) =>
    sessions.queueAttempt(change, await sessions.lock(change, session), {
      purpose: 'agent',
      wantedKinds: ['process_sandbox'],
      wantedLabels: {},
      delayMs,
      scheduleToStartMs: 600_000,
      actor: 'test',
    }),
  );
};
const here = new AbortController().signal;

describe('the desk where claims wait', () => {
  it('gives what is queued while they wait, each once, and nothing after their time', async () => {
    const workers = await Promise.all(Array.from({ length: 6 }, worker));
    const enough = new AbortController();
    const granted: string[] = [];
    const waiting = workers.map(async (each) => {
      const grant = await desk.wait(each, null, longMs, enough.signal);
      if (grant !== undefined) granted.push(grant.attempt.id);
    });
    await sleep(200);
    const ids = [await queued(), await queued(), await queued(), await queued()];
    await until(() => granted.length === 4);
    enough.abort();
    await Promise.all(waiting);
    expect(granted.sort()).toEqual([...ids].sort());
    expect(await desk.wait(workers[0]!, null, 100, here)).toBeUndefined();
    expect(desk.size).toBe(0);
  });

  it('costs no query per waiting worker', async () => {
    const one = await worker();
    const gone = new AbortController();
    const waiting = Array.from({ length: 500 }, () => desk.wait(one, null, longMs, gone.signal));
    await sleep(500);
    const before = statements;
    const more = Array.from({ length: 500 }, () => desk.wait(one, null, longMs, gone.signal));
    await sleep(2_000);
    // It looks now and then by itself, and on a busy machine this takes longer than two seconds.
    expect(statements - before).toBeLessThan(50);
    gone.abort();
    expect((await Promise.all([...waiting, ...more])).filter(Boolean)).toEqual([]);
  });

  it('finds what falls due, and what no hint told of', async () => {
    const one = desk.wait(await worker(), null, longMs, here);
    await sleep(200);
    const later = await queued(1_000);
    expect((await one)?.attempt.id).toBe(later);
    const two = desk.wait(await worker(), null, longMs, here);
    await sleep(200);
    // Without its commit being told: like a hint that was lost.
    const hidden = await queued(3_600_000);
    await sleep(300);
    await query('UPDATE attempts SET not_before = now() WHERE id = $1', [hidden]);
    expect((await two)?.attempt.id).toBe(hidden);
  });

  it('gives nothing to a caller that has gone, and takes back what was on its way to one', async () => {
    const gone = new AbortController();
    const left = desk.wait(await worker(), null, longMs, gone.signal);
    await sleep(200);
    gone.abort();
    expect(await left).toBeUndefined();
    const id = await queued();
    await sleep(500);
    expect(await query('SELECT state FROM attempts WHERE id = $1', [id])).toEqual([{ state: 'queued' }]);

    const leaving = new AbortController();
    const hung = desk.wait(await worker(), null, longMs, leaving.signal);
    // The claim is under way by now, and finds the attempt.
    leaving.abort();
    expect(await hung).toBeUndefined();
    await app.get(NotifyHub).start();
    await until(() => desk.size === 0);
    await sleep(1_000);
    await until(async () => {
      const [attempt] = await query<{ state: string }>('SELECT state FROM attempts WHERE id = $1', [id]);
      const active = await query(`SELECT FROM leases WHERE attempt_id = $1 AND state = 'active'`, [id]);
      return ['fenced', 'queued'].includes(attempt?.state ?? '') && active.length === 0;
    });
    await query(`UPDATE attempts SET state = 'cancelled' WHERE id = $1`, [id]);
  });

  it('gives nothing to who is drained while it waits, and work again once it is resumed', async () => {
    const one = await worker();
    await query(`UPDATE workers SET state = 'draining' WHERE id = $1`, [one.id]);
    const waiting = desk.wait(one, null, longMs, here);
    const id = await queued();
    await sleep(500);
    expect(await query('SELECT state FROM attempts WHERE id = $1', [id])).toEqual([{ state: 'queued' }]);
    await query(`UPDATE workers SET state = 'ready' WHERE id = $1`, [one.id]);
    app.get(NotifyHub).notify(attemptsChannel);
    expect((await waiting)?.attempt.id).toBe(id);
  });
});
