import 'reflect-metadata';
import type { ReceivedDelivery } from '@gatehouse/contracts';
import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import { makeLog, PlaneModule } from '@gatehouse/orchestration';
import { PlaneSettings } from '@gatehouse/session';
import { DeliveriesRepository, TriggerModule } from '@gatehouse/trigger';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessGuard } from '../http/access.guard.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { RateLimits } from '../http/rate.limits.js';
import { makeAdapter, prepareServer } from '../http/server.js';
import { maxDeliveryBytes } from './webhook.body.js';
import { WebhookController } from './webhook.controller.js';
import { WebhookSecrets } from './webhook.secrets.js';

const dir = mkdtempSync(join(tmpdir(), 'gatehouse-webhook-'));
const file = join(dir, 'secret');
const secret = "It's a Secret to Everybody";
const limit = 100;
let database: TestDatabase;
let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  database = await createTestDatabase();
  Object.assign(process.env, {
    DATABASE_URL: database.url,
    GATEHOUSE_DATA_DIR: join(dir, 'data'),
    GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE: file,
    GATEHOUSE_RATE_LIMIT: String(limit),
  });
  // The api as it is made, without its pages and all other controllers.
  class TestModule {}
  const failed = (error: unknown) => void process.stderr.write(`${String(error)}\n`);
  Module({
    imports: [PlaneModule.for('api', failed), TriggerModule],
    controllers: [WebhookController],
    providers: [AccessGuard, RateLimits, WebhookSecrets],
  })(TestModule);
  const { settings } = PlaneSettings.fromEnvironment(process.env);
  app = await NestFactory.create<NestFastifyApplication>(
    TestModule,
    makeAdapter(settings, makeLog('silent', 'api')),
    { logger: false, bodyParser: false, abortOnError: false },
  );
  const server = app.getHttpAdapter().getInstance();
  await prepareServer(server, settings);
  app.get(RateLimits).use(server);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalGuards(app.get(AccessGuard));
  await app.listen(0, '127.0.0.1');
  port = Number(new URL(await app.getUrl()).port);
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
  rmSync(dir, { recursive: true, force: true });
});

const sign = (body: Buffer, by = secret): string =>
  `sha256=${createHmac('sha256', by).update(body).digest('hex')}`;
let number = 0;
const send = async (
  body: Buffer,
  headers: Record<string, string | undefined> = {},
  from: { localAddress?: string } = {},
): Promise<{ status: number; code: string | undefined; json: ReceivedDelivery & { detail?: string } }> => {
  const all = {
    host: 'localhost',
    'content-type': 'application/json',
    'x-github-event': 'issues',
    'x-github-delivery': `d-${(number += 1)}`,
    'x-hub-signature-256': sign(body),
    ...headers,
  };
  const [status, text] = await new Promise<[number, string]>((resolve, reject) => {
    const out = request(
      { ...from, host: '127.0.0.1', port, path: '/webhooks/github', method: 'POST' },
      (answer) => {
        let got = '';
        answer.setEncoding('utf8').on('data', (part: string) => (got += part));
        answer.on('end', () => resolve([answer.statusCode ?? 0, got])).on('error', reject);
      },
    );
    out.on('error', reject);
    for (const [name, value] of Object.entries(all)) if (value !== undefined) out.setHeader(name, value);
    out.end(body);
  });
  const json = JSON.parse(text) as ReceivedDelivery & { detail?: string; code?: string };
  return { status, code: json.code, json };
};
const stored = async () => {
  const [row] = await database.dataSource.query<[{ n: number }]>(
    'SELECT count(*)::int AS n FROM webhook_deliveries',
  );
  return row.n;
};
const body = Buffer.from('{"zen":"Keep it logically awesome."}');

describe('the door for webhooks', () => {
  it('says how it is set up where it is not', async () => {
    for (const text of [undefined, '\n']) {
      if (text !== undefined) writeFileSync(file, text);
      const { status, code, json } = await send(body);
      expect([status, code]).toEqual([503, 'webhook.not_configured']);
      expect(json.detail).toContain('GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE');
    }
  });

  it('takes what is signed, once, by either secret of its file', async () => {
    writeFileSync(file, `${secret}\nanother\n`);
    const first = await send(body, { 'x-github-delivery': 'same' });
    expect(first).toMatchObject({ status: 202, json: { duplicate: false } });
    const second = await send(body, { 'x-github-delivery': 'same' });
    expect(second).toMatchObject({ status: 202, json: { duplicate: true, delivery: first.json.delivery } });
    expect((await send(body, { 'x-hub-signature-256': sign(body, 'another') })).status).toBe(202);
    const rows = await database.dataSource.query<{ body: Buffer }[]>(
      `SELECT d.body FROM webhook_deliveries d JOIN tasks t ON t.payload->>'deliveryId' = d.id AND t.type = 'webhook.handle'`,
    );
    expect(rows.map((row) => row.body.toString())).toEqual([body.toString(), body.toString()]);
  });

  it('makes one of ten copies that come at once', async () => {
    const before = await stored();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => send(body, { 'x-github-delivery': 'ten' })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(202));
    expect(answers.filter(({ json }) => !json.duplicate)).toHaveLength(1);
    expect(await stored()).toBe(before + 1);
  });

  it('reads a form as GitHub sends it', async () => {
    const text = '{"a":"ä b+c%"}';
    const form = Buffer.from(`payload=${encodeURIComponent(text).replaceAll('%20', '+')}`);
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const { status, json } = await send(form, type);
    expect(status).toBe(202);
    const [row] = await database.dataSource.query<[{ body: Buffer }]>(
      'SELECT body FROM webhook_deliveries WHERE id = $1',
      [json.delivery],
    );
    expect(row.body.toString()).toBe(text);
    expect(await send(Buffer.from('other=1'), type)).toMatchObject({
      status: 415,
      code: 'request.unsupported_media',
    });
  });

  const sha1 = `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
  const changed = Buffer.from(body);
  changed[5] = (changed[5] as number) ^ 1;
  it.each([
    ['no signature', body, { 'x-hub-signature-256': undefined }, 401],
    ['only SHA-1', body, { 'x-hub-signature-256': undefined, 'x-hub-signature': sha1 }, 401],
    ['SHA-1 in its place', body, { 'x-hub-signature-256': sha1 }, 401],
    ['another secret', body, { 'x-hub-signature-256': sign(body, 'guess') }, 401],
    ['one bit changed', changed, { 'x-hub-signature-256': sign(body) }, 401],
    ['another content type', body, { 'content-type': 'text/plain' }, 415],
    ['no content type', body, { 'content-type': undefined }, 415],
    ['packed', body, { 'content-encoding': 'gzip' }, 415],
    ['no delivery id', body, { 'x-github-delivery': undefined }, 400],
    ['an odd delivery id', body, { 'x-github-delivery': "a' OR 1" }, 400],
    ['an odd event', body, { 'x-github-event': '../x' }, 400],
    ['a foreign host', body, { host: 'evil.example' }, 421],
    ['a page of a browser', body, { origin: 'https://evil.example' }, 403],
  ])('refuses %s and stores nothing', async (_what, bytes, headers, status) => {
    const before = await stored();
    expect((await send(bytes, headers)).status).toBe(status);
    expect(await stored()).toBe(before);
  });

  it('refuses what is nested too deep for any parser, in a form as well, and stores nothing of it', async () => {
    const before = await stored();
    const deep = '['.repeat(4_000_000);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    const given = [
      await send(Buffer.from(deep)),
      await send(Buffer.from(`payload=${deep.replaceAll('[', '%5B')}`), form),
    ];
    for (const { status, code, json } of given) {
      expect([status, code]).toEqual([400, 'request.malformed']);
      expect(json.detail).toContain('200 levels');
    }
    expect(await stored()).toBe(before);
    // Who cannot sign is told nothing of it.
    expect((await send(Buffer.from(deep), { 'x-hub-signature-256': sign(body) })).status).toBe(401);
  });

  it('takes 25 MiB and not a byte more', async () => {
    const most = Buffer.alloc(maxDeliveryBytes, 0x20);
    expect((await send(most)).status).toBe(202);
    expect(await send(Buffer.alloc(maxDeliveryBytes + 1, 0x20))).toMatchObject({
      status: 413,
      code: 'request.too_large',
    });
  });

  it('stores whatever was signed: what it means is looked at later', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from([0, 255, 254]), Buffer.from('{')])
      expect((await send(bytes)).status).toBe(202);
  });

  it('shows people the beginning of a body as text, whatever its bytes are', async () => {
    const deliveries = app.get(DeliveriesRepository, { strict: false });
    const textOf = async (bytes: Buffer) => deliveries.payload((await send(bytes)).json.delivery);
    expect(await textOf(body)).toEqual({ text: body.toString(), cut: false });
    expect(await textOf(Buffer.from([0, 255]))).toEqual({ text: '\0\ufffd', cut: false });
    const long = await textOf(Buffer.alloc(1024 * 1024 + 1, 'a'));
    expect([long.text.length, long.cut]).toEqual([1024 * 1024, true]);
    await expect(deliveries.payload('whd_01K00000000000000000000000')).rejects.toMatchObject({
      code: 'webhook.not_found',
    });
  });

  it('has a limit for each address', async () => {
    const from = { localAddress: '127.0.0.8' };
    const statuses: number[] = [];
    for (let sent = 0; sent <= limit; sent += 1)
      statuses.push((await send(Buffer.alloc(0), { 'x-hub-signature-256': 'sha256=0' }, from)).status);
    expect(statuses).toEqual([...Array<number>(limit).fill(401), 429]);
    expect((await send(body, {}, { localAddress: '127.0.0.9' })).status).toBe(202);
  });
});
