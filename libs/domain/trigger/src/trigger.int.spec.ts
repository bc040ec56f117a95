import { TriggerDocument, type GatehouseError } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { people } from './forge.fixture.js';
import { TriggerFixture } from './trigger.fixture.js';
import { TriggerService } from './trigger.service.js';
import { TriggerSweep } from './trigger.sweep.js';
import { WebhookService } from './webhook/webhook.service.js';

let plane: TriggerFixture;
let triggers: TriggerService;
beforeAll(async () => {
  plane = await TriggerFixture.start();
  triggers = plane.app.get(TriggerService);
  Object.assign(people, { maria: 'write' });
});
afterAll(() => plane?.stop());

const documentOf = (name: string, spec: Record<string, unknown> = {}): TriggerDocument =>
  TriggerDocument.parse({
    ...{ apiVersion: 'gatehouse.dev/v1', kind: 'Trigger', metadata: { name } },
    spec: {
      repository: 'acme/widgets',
      on: { label: name },
      job: { agent: { adapter: 'command', command: ['true'] } },
      ...spec,
    },
  });
const put = async (document: TriggerDocument) => {
  const row = await triggers.prepare(document);
  return plane.changes.run((change) => triggers.put(change, { document, row }, plane.admin));
};
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: GatehouseError) => `${error.code}: ${error.message}`,
  );
const move = (id: string, to: 'active' | 'paused' | 'deleted') =>
  plane.changes.run((change) => triggers.move(change, id, to, plane.admin));

const issueLabeled = (number: number, label: string) => ({
  action: 'labeled',
  repository: { id: 186853002, name: 'widgets', owner: { login: 'acme' } },
  sender: { id: 11, login: 'maria', type: 'User' },
  label: { name: label },
  issue: {
    ...{ number, title: 'T', body: 'secret words', state: 'open', updated_at: 'now' },
    user: { id: 11, login: 'maria', type: 'User' },
  },
});
const everything = async (): Promise<unknown> => {
  const tables = [
    'jobs',
    'sessions',
    'principals',
    'forge_identities',
    'tasks',
    'webhook_deliveries',
    'ledger_events',
  ];
  return Promise.all(
    tables.map((table) => plane.query(`SELECT count(*)::int AS n, '${table}' AS t FROM ${table}`)),
  );
};

describe('a trigger', () => {
  it('has versions, and the same document again is the same', async () => {
    const first = await put(documentOf('one'));
    expect(await put(documentOf('one'))).toEqual(first);
    const second = await put(documentOf('one', { who: { permission: 'admin' } }));
    expect([first.version, second.version]).toEqual([1, 2]);
    const { items } = await triggers.rows.page({ limit: 50 });
    expect(items.map(({ id }) => id)).toEqual([second.id]);
    expect(await codeOf(move(first.id, 'paused'))).toContain('trigger.not_found');
  });

  it('does not fire while it is paused, stays so with a new version, and is gone when deleted', async () => {
    const { id } = await put(documentOf('two'));
    await move(id, 'paused');
    expect(await plane.deliver('issues', issueLabeled(1, 'two'))).toContain('No active trigger');
    const next = await put(documentOf('two', { who: { unknown: 'refuse' } }));
    expect(next.state).toBe('paused');
    await move(next.id, 'deleted');
    expect((await triggers.rows.page({ limit: 50 })).items.map(({ name }) => name)).not.toContain('two');
    expect(await put(documentOf('two'))).toMatchObject({ version: 3, state: 'active' });
  });

  it('is refused where another one listens to the same, whatever the case', async () => {
    await put(documentOf('three'));
    expect(await codeOf(put(documentOf('four', { on: { label: 'THREE' } })))).toMatch(/^trigger\.exists/);
  });

  it('is refused where policy would refuse its jobs, or nothing could set it off', async () => {
    const wider = {
      job: { agent: { adapter: 'command', command: ['true'] }, policy: { symlinks: 'permit' } },
    };
    expect(await codeOf(put(documentOf('five', wider)))).toMatch(/^policy\.denied/);
    expect(await codeOf(put(documentOf('five', { repository: 'acme/none' })))).toMatch(
      /^repository\.not_found/,
    );
    await plane.query(`UPDATE repositories SET forge = NULL WHERE id = $1`, [plane.repositoryId]);
    expect(await codeOf(put(documentOf('five')))).toMatch(/^request\.invalid: .*does not lie on a forge/);
    await plane.query(`UPDATE repositories SET forge = 'github' WHERE id = $1`, [plane.repositoryId]);
  });
});

describe('trying and repeating', () => {
  it('a dry run says what would be, and changes nothing', async () => {
    await put(documentOf('run'));
    const before = await everything();
    const given = { event: 'issues', payload: issueLabeled(7, 'run') };
    const would = await plane.app.get(WebhookService).dryRun(given);
    expect(would).toMatchObject({
      ...{ state: 'handled', action: 'labeled', repository: 'acme/widgets' },
      outcome: { what: 'job', principal: 'github.maria' },
    });
    expect(would.reply).toMatch(/took this/);
    expect(would.reply).not.toContain('secret words');
    expect(await everything()).toEqual(before);
  });

  it('a replay makes no second job, and says which it had', async () => {
    const id = await plane.receive('issues', issueLabeled(8, 'run'));
    await plane.handle(id);
    const jobs = await plane.jobs();
    const again = await plane.changes.run(({ manager }) => plane.deliveries.replay(manager, id));
    expect(again.state).toBe('received');
    await plane.handle(id);
    expect(await plane.jobs()).toEqual(jobs);
    expect((await plane.deliveries.find(id)).outcome).toMatchObject({ what: 'job', jobId: jobs.at(-1)?.id });
  });

  it('a policy that refuses by then is answered, and tried no more', async () => {
    const document = documentOf('wide', {
      job: { agent: { adapter: 'command', command: ['true'] }, policy: { symlinks: 'permit' } },
    });
    const { forge: _forge, ...row } = await triggers.prepare(documentOf('run'));
    // Stored as if the policy had been wider then.
    await plane.changes.run((change) =>
      triggers.put(change, { document, row: { ...row, forge: 'github' } }, plane.admin),
    );
    expect(await plane.deliver('issues', issueLabeled(9, 'wide'))).toMatch(
      /^handled: refused: Policy refuses/,
    );
    expect((await plane.replies()).at(-1)).toMatch(/^\*\*Gatehouse\*\*: The job was refused/);
  });

  it('what is old and over is removed, what waits is kept', async () => {
    const waits = await plane.receive('ping', {});
    await plane.query(`UPDATE webhook_deliveries SET received_at = now() - interval '31 days'`);
    await plane.app.get(TriggerSweep).run();
    expect((await plane.deliveries.page({ limit: 50 })).items.map(({ id }) => id)).toEqual([waits]);
  });
});
