import { samplePrincipal, type FakeHandler } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

const ulid = '01J00000000000000000000000';
const at = '2026-01-02T03:04:05.678Z';
const page =
  (...items: unknown[]): FakeHandler =>
  () => ({ items, next: null });

const delivery = {
  ...{ id: `whd_${ulid}`, deliveryId: 'd-1', event: 'issues', action: 'labeled' },
  ...{ repository: 'acme/widgets', bytes: 12, state: 'handled', receivedAt: at, handledAt: at },
  outcome: { what: 'job', reason: 'The trigger fix made a job of issue 1.', jobId: `job_${ulid}` },
};
const document = {
  ...{ apiVersion: 'gatehouse.dev/v1', kind: 'Trigger', metadata: { name: 'fix' } },
  spec: {
    repository: 'acme/widgets',
    on: { label: 'gatehouse:run' },
    job: { agent: { adapter: 'command', command: ['true'] } },
  },
};
const trigger = {
  ...{ id: `trg_${ulid}`, name: 'fix', repository: 'acme/widgets', version: 1, digest: 'ab'.repeat(32) },
  ...{ state: 'active', document, createdBy: `prn_${ulid}`, createdAt: at },
};
const handlers = {
  'webhookDeliveries.list': page(delivery),
  'webhookDeliveries.get': () => delivery,
  'webhookDeliveries.replay': () => ({ ...delivery, state: 'received' }),
  'webhookDeliveries.create': () => ({ delivery: delivery.id, duplicate: false }),
  'webhooks.dryRun': () => ({
    ...{ state: 'handled', event: 'issues', action: 'labeled', repository: 'acme/widgets' },
    ...{ outcome: delivery.outcome, reply: '**Gatehouse**: took this' },
  }),
  'triggers.list': page(trigger),
  'triggers.put': () => trigger,
  'triggers.pause': () => ({ ...trigger, state: 'paused' }),
  'principals.list': page(samplePrincipal()),
  'identities.link': () => ({
    ...{ forge: 'github', userId: null, login: 'ada-l', principalId: `prn_${ulid}`, linkedAt: at },
  }),
};

describe('gatehouse webhook', () => {
  it('lists and shows what came and what was done about it', async () => {
    const list = await run(['webhook', 'list', '--state', 'handled'], { handlers });
    expect(list.stdout).toMatch(/issues labeled +acme\/widgets +handled .* The trigger fix made a job/);
    const { stdout } = await run(['webhook', 'show', delivery.id], { handlers });
    expect(stdout).toContain(`job:          job_${ulid}`);
  });

  it('shows a body as it came, and says where there is more of it', async () => {
    const payload = { text: '{"action":"labeled"}', cut: true };
    const args = ['webhook', 'show', delivery.id, '--payload'];
    const given = { handlers: { ...handlers, 'webhookDeliveries.payload': () => payload } };
    const { stdout, stderr } = await run(args, given);
    expect([stdout, stderr]).toEqual([payload.text, expect.stringContaining('first MiB')]);
    expect(JSON.parse((await run([...args, '--json'], given)).stdout)).toEqual(payload);
  });

  it('replays a stored delivery, and nothing else with it', async () => {
    expect((await run(['webhook', 'replay', delivery.id], { handlers })).stdout).toContain('is received');
    expect((await run(['webhook', 'replay', delivery.id, '--dry-run'], { handlers })).code).toBe(2);
  });

  it('says what a payload would do', async () => {
    const files = { 'p.json': '{"action":"labeled"}' };
    const { stdout, requests } = await run(
      ['webhook', 'replay', 'p.json', '--event', 'issues', '--dry-run'],
      { handlers, files },
    );
    expect(requests[0]?.body).toEqual({ event: 'issues', payload: { action: 'labeled' } });
    expect(stdout).toMatch(/would be: +handled[^]*It would answer:\n\*\*Gatehouse\*\*: took this/);
  });

  it('hands in a payload with its event beside it', async () => {
    const files = { 'p.json': '{"event":"push","payload":{"ref":"x"}}' };
    const { requests } = await run(['webhook', 'replay', 'p.json'], { handlers, files });
    expect(requests[0]?.body).toEqual({ event: 'push', payload: { ref: 'x' } });
  });

  it.each([
    ['{', ['--event', 'push']],
    ['[]', ['--event', 'push']],
    ['{}', []],
    ['{}', ['--event', '../x']],
  ])('refuses %s with %j', async (text, more) => {
    const ran = await run(['webhook', 'replay', 'p.json', ...more], { handlers, files: { 'p.json': text } });
    expect([ran.code, ran.requests.length]).toEqual([2, 0]);
  });
});

describe('gatehouse trigger', () => {
  const files = { 'fix.json': JSON.stringify(document) };

  it('stores, and checks without storing', async () => {
    const stored = await run(['trigger', 'put', 'fix.json'], { handlers, files });
    expect(stored.stdout).toBe('fix of acme/widgets: version 1 is active: label gatehouse:run\n');
    const checked = await run(['trigger', 'put', 'fix.json', '--check'], { handlers, files });
    expect(checked.requests[0]?.query).toEqual({ check: 'true' });
  });

  it('finds it by its name, with or without its repository', async () => {
    for (const name of ['fix', 'acme/widgets:fix'])
      expect((await run(['trigger', 'pause', name], { handlers })).stdout).toContain('is paused');
    expect((await run(['trigger', 'pause', 'other'], { handlers })).code).not.toBe(0);
    const twice = { ...handlers, 'triggers.list': page(trigger, { ...trigger, repository: 'acme/x' }) };
    expect((await run(['trigger', 'pause', 'fix'], { handlers: twice })).stderr).toContain('several');
  });
});

describe('gatehouse principal link', () => {
  it('says from when on it counts', async () => {
    const { name } = samplePrincipal();
    const { stdout, requests } = await run(['principal', 'link', name, '--github', 'ada-l'], { handlers });
    expect(requests.at(-1)?.body).toEqual({ login: 'ada-l' });
    expect(stdout).toContain('from the first time that the account is seen');
  });

  it('names the person where the principal itself stands for another', async () => {
    const { name } = samplePrincipal();
    const id = `prn_${'1'.repeat(26)}`;
    const linked = { forge: 'github', userId: '11', login: 'ada-l', principalId: id, linkedAt: at };
    const { stdout } = await run(['principal', 'link', name, '--github', 'ada-l'], {
      handlers: {
        ...handlers,
        'identities.link': () => linked,
        'principals.get': () => ({ ...samplePrincipal(), id, name: 'the-person' }),
      },
    });
    expect(stdout).toContain('ada-l of github stands for the-person');
  });
});
