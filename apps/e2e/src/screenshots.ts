// Pictures of the panel of a real plane, for people to look at: node apps/e2e/dist/screenshots.js [folder]
// [expression that a name fits]
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { JobSpec, PolicyDocument } from '@gatehouse/contracts';
import type { Page } from 'playwright-core';
import { openBrowser } from './browser.js';
import { readExample } from './examples.js';
import { startForge } from './forge.js';
import { hostile, questionable, scripted, talking } from './job.specs.js';
import { startPlane, untilPhase, type Plane } from './plane.js';
import { stageForge } from './screenshots.forge.js';
import { stageLane } from './screenshots.lane.js';
import { stageSchedules } from './screenshots.schedules.js';
import { shootAll, type Shot } from './screenshots.shoot.js';

const folder = resolve(process.argv[2] ?? 'screenshots');
const wanted = new RegExp(process.argv[3] ?? '');

/** Pictures with a beginning of their own, by how their names begin: they can be had without the rest. */
const prefixes = ['empty', 'hub', 'lane', 'schedule'];
const parts = (process.argv[3] ?? '').split('|');
const asksFor = (prefix: string) => parts.some((part) => part === '' || part.startsWith(prefix));
const asksForRest = parts.some((part) => !prefixes.some((prefix) => part.startsWith(prefix)));

const stage = async (plane: Plane) => {
  await plane.repository('demo', { 'README.md': 'A target.\n', 'app.js': 'const a = 1;\n' });
  const policy = PolicyDocument.parse(readExample('policies/demo-approval.yaml'));
  await plane.repository('free', { 'README.md': 'A target.\n', 'app.js': 'const a = 1;\n' });
  const longName = 'a-department-with-a-long-name/its-customer-facing-website-and-shop';
  await plane.repository(longName, { 'README.md': 'A target.\n' });
  const { items } = await plane.admin.call('repositories.list', { query: {} });
  const staged = items.find((one) => one.name === longName)!;
  await plane.admin.call('repositories.change', { params: { id: staged.id }, body: { mode: 'staged' } });
  await plane.admin.call('policies.store', { body: policy, idempotencyKey: randomUUID() });
  const requester = await plane.as('requester', 'requester');
  const run = async (spec: JobSpec, phase: string) => {
    const job = await requester.call('jobs.create', { body: spec, idempotencyKey: randomUUID() });
    const got = await untilPhase(requester, job.id, phase);
    if (got.phase !== phase) process.stderr.write(`${spec.metadata.name} is ${got.phase}, not ${phase}\n`);
    const session = await requester.call('sessions.get', { params: { id: job.sessionId } });
    const { items } = await requester.call('promotions.list', { query: { sessionId: job.sessionId } });
    return {
      job: `/jobs/${job.id}`,
      candidate: `/candidates/${session.candidateId}?session=${job.sessionId}`,
      promotion: `/promotions/${items[0]?.id}`,
    };
  };
  const example = (file: string) => JobSpec.parse(readExample(file));
  const many =
    'for i in $(seq 1 99); do mkdir -p src/room-$((i % 9)); seq 1 $i > src/room-$((i % 9))/a-file-$i.ts; done';
  return {
    waiting: await run(example('change-a-file.yaml'), 'awaiting_approval'),
    refused: await run(example('misbehave.yaml'), 'refused'),
    tainted: await run(
      {
        ...example('change-a-file.yaml'),
        metadata: { name: 'from-an-issue', labels: {} },
        spec: {
          ...example('change-a-file.yaml').spec,
          inputs: [
            {
              source: 'https://forge.example/acme/widgets/issues/7',
              trust: 'untrusted',
              reason: 'opened by mallory',
            },
          ],
        },
      },
      'awaiting_approval',
    ),
    quarantined: await run(scripted('hands-on-bait', 'free', 'cp ~/.aws/credentials notes.md'), 'suspended'),
    noop: await run(example('change-nothing.yaml'), 'noop'),
    failed: await run(
      scripted('breaks', 'free', 'echo starting; echo no such compiler >&2; exit 3'),
      'failed',
    ),
    many: await run(scripted('many-files', 'free', many), 'promoted'),
    hostile: await run(
      scripted('hostile', 'free', hostile, { goal: 'Say <script>alert(6)</script> aloud' }),
      'refused',
    ),
    questionable: await run(scripted('questionable', 'free', questionable), 'refused'),
    loud: await run(scripted('long-output', 'free', 'seq 1 20000; echo done > done.txt'), 'promoted'),
    staged: await run(
      scripted(
        'a-job-with-a-name-of-the-greatest-length-that-is-still-sensible-to-type',
        longName,
        'echo x > x.txt',
        {
          goal: 'Rewrite everything in the shop that speaks of the old prices, in all languages, and keep the tests green. '.repeat(
            4,
          ),
        },
      ),
      'promoted',
    ),
    promoted: await run(
      scripted(
        'fix-typo',
        'free',
        "echo 'Looking'; sleep 1; sed -i 's/A target/The target/' README.md; printf 'const b = 2;\\n' >> app.js; echo done",
      ),
      'promoted',
    ),
    running: await run(scripted('still-running', 'free', talking), 'running'),
  };
};

mkdirSync(folder, { recursive: true });
const forge = await startForge();
const plane = await startPlane(forge.settings);
forge.connect(plane.url);
const browser = await openBrowser();
const shoot = (token: string | null, shots: readonly Shot[]) =>
  shootAll({ browser, url: plane.url, folder, wanted }, token, shots);

const shootJobs = async (admin: string) => {
  const at = await stage(plane);
  await shoot(admin, [
    { name: 'jobs', path: '/jobs' },
    ...Object.entries(at).map(([name, { job }]) => ({ name: `job-${name}`, path: job })),
    ...(
      ['waiting', 'refused', 'questionable', 'many', 'hostile', 'promoted', 'tainted', 'quarantined'] as const
    ).map((name) => ({
      name: `candidate-${name}`,
      path: at[name].candidate,
    })),
    { name: 'promotions', path: '/promotions' },
    { name: 'promotions-all', path: '/promotions?show=all' },
    { name: 'words', path: '/words#tree' },
    { name: 'promotion-waiting', path: at.waiting.promotion },
    { name: 'promotion-promoted', path: at.promoted.promotion },
    { name: 'new-job', path: '/jobs/new' },
    {
      name: 'new-job-wrong',
      path: '/jobs/new',
      then: async (page) => {
        await page
          .locator('.cm-content')
          .fill('apiVersion: gatehouse.dev/v1\nkind: Job\nmetadata: { name: X }\nspec:\n  gaol: x\n');
        await page.waitForTimeout(500);
      },
    },
    { name: 'repositories', path: '/repositories' },
    {
      name: 'policies',
      path: '/policies?repository=demo',
      then: async (page) => {
        await page.getByRole('textbox', { name: 'To what' }).fill('.gitlab-ci.yml');
        await page.keyboard.press('Enter');
        await page.waitForTimeout(1_500);
      },
    },
    { name: 'workers', path: '/workers' },
    { name: 'tasks', path: '/tasks' },
    { name: 'principals', path: '/principals' },
    {
      name: 'ledger',
      path: '/ledger',
      then: async (page) => {
        await page.getByRole('button', { name: 'Verify everything' }).click();
        await page.waitForTimeout(1_500);
      },
    },
    { name: 'error-not-found', path: '/jobs/job_01K00000000000000000000000' },
    { name: 'error-no-page', path: '/nowhere' },
    {
      name: 'error-down',
      path: '/jobs',
      then: async (page) => {
        await page.context().setOffline(true);
        await page.waitForTimeout(9_000);
        await page.screenshot();
        await page.context().setOffline(false);
      },
    },
    {
      name: 'help',
      path: '/jobs',
      then: async (page) => page.keyboard.press('?').then(() => page.waitForTimeout(300)),
    },
  ]);
};

const shootHub = async (admin: string) => {
  const hub = await stageForge(plane, forge);
  await shoot(admin, [
    ...Object.entries(hub).map(([name, path]) => ({ name: `hub-${name}`, path })),
    {
      name: 'hub-delivery-trial',
      path: hub.delivery,
      then: async (page: Page) => {
        await page.getByRole('button', { name: 'Dry run' }).click();
        await page.waitForTimeout(800);
      },
    },
    {
      name: 'hub-deliveries-try',
      path: '/deliveries',
      then: async (page: Page) => {
        await page.getByRole('button', { name: 'Try a payload' }).click();
        await page.getByRole('textbox', { name: 'Payload' }).fill('{ "action": "labeled" }');
        await page.getByRole('button', { name: 'Try it' }).click();
        await page.waitForTimeout(800);
      },
    },
    {
      name: 'hub-trigger-wrong',
      path: '/triggers/new',
      then: async (page: Page) => {
        await page
          .locator('.cm-content')
          .fill('apiVersion: gatehouse.dev/v1\nkind: Trigger\nspec:\n  onn: x\n');
        await page.waitForTimeout(500);
      },
    },
  ]);
};

const named = (prefix: string, stage: Readonly<Record<string, string>>): Shot[] =>
  Object.entries(stage).map(([name, path]) => ({ name: `${prefix}-${name}`, path }));

const shootLane = async (admin: string) => shoot(admin, named('lane', await stageLane(plane)));

const shootSchedules = async (admin: string) =>
  shoot(admin, [
    ...named('schedule', await stageSchedules(plane, admin)),
    {
      name: 'schedule-new',
      path: '/schedules/new',
      then: async (page) => {
        await page.getByRole('textbox', { name: 'Name' }).fill('tidy-nightly');
        await page.waitForTimeout(800);
      },
    },
    {
      name: 'schedule-new-wrong',
      path: '/schedules/new',
      then: async (page) => {
        await page.getByRole('textbox', { name: 'Cron expression' }).fill('0 3 * *');
        await page.getByRole('button', { name: 'Store schedule' }).click();
      },
    },
    {
      name: 'schedule-new-interval',
      path: '/schedules/new',
      then: async (page) => page.getByText('Interval', { exact: true }).click(),
    },
  ]);

try {
  const { secret: admin } = await plane.enrol('ada', ['admin', 'approver', 'requester']);
  await shoot(null, [{ name: 'login', path: '/' }]);
  await shoot(admin, [
    { name: 'empty', path: '/jobs' },
    { name: 'empty-new-job', path: '/jobs/new' },
    { name: 'empty-promotions', path: '/promotions' },
    { name: 'empty-repositories', path: '/repositories' },
    { name: 'empty-tasks', path: '/tasks' },
    { name: 'empty-policies', path: '/policies' },
    { name: 'empty-lanes', path: '/lanes' },
    { name: 'empty-deliveries', path: '/deliveries' },
    { name: 'empty-triggers', path: '/triggers' },
    { name: 'empty-schedules', path: '/schedules' },
  ]);
  if (asksFor('schedule')) await shootSchedules(admin);
  if (asksFor('lane')) await shootLane(admin);
  if (asksFor('hub')) await shootHub(admin);
  if (asksForRest) await shootJobs(admin);
} finally {
  await browser.close();
  await plane.stop();
  await forge.stop();
}
