import { randomUUID } from 'node:crypto';
import { PolicyDocument, PromotionLevel, TriggerDocument, type Job } from '@gatehouse/contracts';
import { until, type Forge } from './forge.js';
import { scripted } from './job.specs.js';
import { untilPhase, type Plane } from './plane.js';

const widgets = 'acme/widgets';

const trigger = (name: string, on: object, permission: string) =>
  TriggerDocument.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Trigger',
    metadata: { name },
    spec: {
      repository: widgets,
      on,
      who: { permission },
      job: {
        agent: { adapter: 'command', command: ['sh', '-c', 'echo "It starts now." >> README.md'] },
        limits: { execution: '20m' },
      },
    },
  });

/** A repository on the stand-in for GitHub with something in every state that a page can show. */
export const stageForge = async (plane: Plane, { hub }: Forge) => {
  await hub.addRepository({
    owner: 'acme',
    name: 'widgets',
    files: { 'README.md': 'hello\n', 'app.js': 'const a = 1;\n' },
    people: { alice: 'write', mallory: 'read' },
  });
  const { admin } = plane;
  await admin.call('repositories.add', {
    body: { name: widgets, source: `${hub.url}/${widgets}`, mode: 'live' },
    idempotencyKey: randomUUID(),
  });
  const fix = await admin.call('triggers.put', {
    body: trigger('fix', { label: 'gatehouse:run' }, 'write'),
    query: {},
  });
  const asked = await admin.call('triggers.put', {
    body: trigger('asked', { command: 'run' }, 'maintain'),
    query: {},
  });
  await admin.call('triggers.pause', { params: { id: asked.id } });

  const requester = await plane.as('bob', 'requester');
  const submit = async (
    name: string,
    { repository = widgets, level = 'draft_pr', phase = 'in_review' } = {},
  ): Promise<Job> => {
    const body = scripted(name, repository, `echo ${name} >> notes.md; echo done`, {
      goal: `Write down ${name}`,
      promotion: { level: PromotionLevel.parse(level), target: 'main' },
    });
    const { id } = await requester.call('jobs.create', { body, idempotencyKey: randomUUID() });
    return until(`${name} to be published, or to wait`, async () => {
      const job = await requester.call('jobs.get', { params: { id } });
      return job.endedAt !== null || job.phase === phase ? job : undefined;
    });
  };
  const alice = hub.as('alice');
  const pullOf = async ({ sessionId }: Job) => {
    const { items } = await requester.call('promotions.list', { query: { sessionId, limit: 1 } });
    return items[0]!;
  };
  const pages = async (job: Job) => {
    const { id, candidateId, sessionId } = await pullOf(job);
    return { candidate: `/candidates/${candidateId}?session=${sessionId}`, promotion: `/promotions/${id}` };
  };
  const open = await submit('what-is-open');
  const merged = await submit('what-is-merged');
  const closed = await submit('what-is-closed');
  const pull = async (job: Job) => hub.pull(widgets, (await pullOf(job)).pullRequest!.number);
  alice.readyForReview(await pull(merged));
  await alice.mergePull(await pull(merged));
  alice.closePull(await pull(closed));
  await untilPhase(requester, merged.id, 'promoted');
  await untilPhase(requester, closed.id, 'refused');

  // What waits in lanes: for a person, and for reviewers to have room.
  await plane.repository('gears', { 'README.md': 'hello\n' });
  const store = (repository: string, promotion: object) =>
    admin.call('policies.store', {
      body: PolicyDocument.parse({
        apiVersion: 'gatehouse.dev/v1',
        kind: 'Policy',
        metadata: { name: repository.replace('/', '-'), layer: 'repository', repository },
        spec: { promotion },
      }),
      idempotencyKey: randomUUID(),
    });
  await store('gears', { approvals: { quorum: 1 } });
  const waits = await submit('waits-for-a-person', {
    repository: 'gears',
    level: 'branch',
    phase: 'awaiting_approval',
  });
  await store(widgets, { openPullRequests: 1 });
  const held = await submit('waits-for-reviewers', { phase: 'promoting' });

  const issue = alice.openIssue(widgets, { title: 'The README says nothing', body: 'Say when it starts.' });
  alice.label(issue, 'gatehouse:run');
  alice.comment(issue, '/gatehouse status');
  hub.as('mallory').comment(issue, '/gatehouse run');
  await hub.webhooks.settled();
  const told = JSON.parse(
    hub.webhooks.log.findLast(({ event }) => event === 'issue_comment')!.body.toString(),
  ) as Record<string, unknown>;
  await admin.call('webhookDeliveries.create', {
    body: { event: 'issue_comment', payload: { ...told, issue: { number: 'seven' } } },
    idempotencyKey: randomUUID(),
  });
  const delivery = await until('the delivery that made a job', async () => {
    const { items } = await admin.call('webhookDeliveries.list', { query: { event: 'issues', limit: 20 } });
    return items.find(({ outcome }) => outcome?.jobId !== undefined);
  });
  const failed = await until('the delivery that failed', async () => {
    const { items } = await admin.call('webhookDeliveries.list', { query: { state: 'failed', limit: 1 } });
    return items[0];
  });
  return {
    deliveries: '/deliveries',
    'deliveries-none': '/deliveries?event=star',
    delivery: `/deliveries/${delivery.id}`,
    'delivery-failed': `/deliveries/${failed.id}`,
    triggers: '/triggers',
    trigger: `/triggers/${fix.id}`,
    'trigger-paused': `/triggers/${asked.id}`,
    'trigger-new': '/triggers/new',
    'candidate-open': (await pages(open)).candidate,
    'promotion-open': (await pages(open)).promotion,
    'candidate-merged': (await pages(merged)).candidate,
    'promotion-merged': (await pages(merged)).promotion,
    'candidate-closed': (await pages(closed)).candidate,
    'job-open': `/jobs/${open.id}`,
    'promotion-held': (await pages(held)).promotion,
    'promotion-waiting': (await pages(waits)).promotion,
    lanes: '/lanes',
    promotions: '/promotions?show=all',
  };
};
