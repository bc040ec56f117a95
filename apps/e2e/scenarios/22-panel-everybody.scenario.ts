/// <reference lib="dom" />
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createClient } from '@gatehouse/client';
import type { Schedule } from '@gatehouse/contracts';
import type { Browser, Page } from 'playwright-core';
import { accessibilityFaults } from '../src/accessibility.js';
import { signIn, visit, type Visit } from '../src/browser.js';
import { scripted } from '../src/job.specs.js';
import { untilPhase, type Plane } from '../src/plane.js';

/** What has the focus, and whether a reader can see that it has. */
const focus = (page: Page) =>
  page.evaluate(() => {
    const one = document.activeElement as HTMLElement;
    const { outlineStyle, outlineWidth } = getComputedStyle(one);
    return {
      name: one.ariaLabel ?? one.innerText.trim(),
      tag: one.tagName,
      visible: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2,
    };
  });

export const panelEverybody = (started: () => { plane: Plane; browser: Browser }): void => {
  let plane: Plane;
  let browser: Browser;
  let token: string;
  let person: Visit;
  let page: Page;
  let paths: string[];
  let schedule: Schedule;

  beforeAll(async () => {
    ({ plane, browser } = started());
    await plane.repository('shelf', { 'README.md': 'A target.\n' });
    token = (await plane.enrol('grace', ['admin'])).secret;
    const client = createClient({ baseUrl: plane.url, token });
    const body = scripted(
      'fix-typo',
      'shelf',
      'echo begun; echo new >> README.md; mkdir .github; echo x > .gitlab-ci.yml',
    );
    const { id, sessionId } = await client.call('jobs.create', { body, idempotencyKey: randomUUID() });
    expect((await untilPhase(client, id, 'refused')).phase).toBe('refused');
    const { candidateId } = await client.call('sessions.get', { params: { id: sessionId } });
    const { delivery } = await plane.admin.call('webhookDeliveries.create', {
      body: { event: 'issues', payload: { action: 'labeled', issue: null } },
      idempotencyKey: randomUUID(),
    });
    schedule = await client.call('schedules.create', {
      body: { name: 'yearly', when: { cron: '0 3 1 1 *', timezone: 'UTC' }, job: body },
      idempotencyKey: randomUUID(),
    });
    paths = [
      '/jobs',
      '/jobs/new',
      `/jobs/${id}`,
      `/candidates/${candidateId}?session=${sessionId}`,
      '/promotions',
      '/lanes',
      '/schedules',
      `/schedules/${schedule.id}/change`,
      '/repositories',
      '/triggers',
      '/triggers/new',
      '/policies',
      '/workers',
      `/deliveries/${delivery}`,
      '/deliveries',
      '/deliveries?state=failed',
      '/tasks',
      '/principals',
      '/ledger',
      '/words',
      '/nowhere',
    ];
    person = await visit(browser, plane.url);
    page = person.page;
  });
  afterAll(async () => {
    await person?.end();
  });
  afterEach(() => expect(person.complaints()).toEqual([]));

  it('lets in, leads and asks for work by the keyboard alone', async () => {
    person.expect(/^401 GET \/api\/v1\/me$/);
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await page.goto('/panel/');
    await page.getByRole('textbox', { name: 'One-time code' }).waitFor();
    await press('Shift+Tab', 'ArrowRight');
    await page.getByRole('textbox', { name: 'Token' }).waitFor();
    await press('Tab');
    await page.keyboard.insertText(token);
    await press('Enter');
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();

    // The first stop leads past the menu, and every stop can be seen.
    await page.getByRole('link', { name: 'fix-typo' }).waitFor();
    await press('Tab');
    expect(await focus(page)).toEqual({ name: 'Skip to content', tag: 'A', visible: true });
    const stops: string[] = [];
    for (let i = 0; i < 17; i++) {
      await press('Tab');
      const stop = await focus(page);
      expect(stop).toMatchObject({ visible: true });
      stops.push(stop.name);
    }
    expect(stops.slice(0, 13)).toEqual([
      'Gatehouse, all jobs',
      'Jobs',
      'Promotions',
      'Lanes',
      'Schedules',
      'Repositories',
      'Triggers',
      'Policies',
      'Workers and health',
      'Webhook deliveries',
      'Tasks',
      'Principals',
      'Ledger',
    ]);

    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await press('/');
    expect((await focus(page)).name).toBe('Name of the job');
    await press('Escape', 'Tab');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await press('j');
    expect(await focus(page)).toEqual({ name: 'fix-typo', tag: 'A', visible: true });
    await press('Enter');
    await page.getByRole('heading', { name: /^fix-typo/, level: 1 }).waitFor();
    await press('g', 'r');
    await page.getByRole('heading', { name: 'Repositories', level: 1 }).waitFor();
    await press('?');
    await page.getByRole('dialog').getByText('Go to promotions').waitFor();
    await press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });

    await press('n');
    await page.getByText('Valid', { exact: true }).waitFor();
    const editor = page.getByRole('textbox', { name: 'JobSpec, YAML or JSON' });
    for (let i = 0; i < 40 && !(await editor.evaluate((one) => one.contains(document.activeElement))); i++)
      await press('Tab');
    // No trap: Tab leads out of the editor again, and back.
    await press('Tab');
    expect(await editor.evaluate((one) => one.contains(document.activeElement))).toBe(false);
    await press('Shift+Tab', 'Control+Enter');
    await page.waitForURL(/\/jobs\/job_/);
  });

  it('changes a schedule, and shows of what is written only what the server said of just that', async () => {
    await page.goto(`/panel/schedules/${schedule.id}`);
    await page.getByRole('link', { name: 'Change' }).click();
    const due = page.locator('section', { has: page.getByRole('heading', { name: 'Due next' }) });
    const cron = page.getByRole('textbox', { name: 'Cron expression' });
    await due.getByText(', 03:00 UTC').first().waitFor();

    // An answer that is long in coming is not shown beside the text that took the place of what it is about.
    const check = '**/api/v1/schedules/check';
    let answer: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (answer = resolve));
    await page.route(check, async (route) => {
      await held;
      // By now the page may have given it up.
      await route.continue().catch(() => undefined);
    });
    const asked = page.waitForRequest(check);
    await cron.fill('0 4 1 1 *');
    await due.getByRole('status').getByText('Checking…').waitFor();
    expect(await due.getByText('UTC').count()).toBe(0);
    await asked;
    await cron.fill('0 5 1 1');
    await due.getByText('Shown as soon as', { exact: false }).waitFor();
    answer();
    await page.unroute(check);
    await cron.fill('0 5 1 1 *');
    await due.getByText(', 05:00 UTC').first().waitFor();
    expect(await due.getByText(', 04:00 UTC').count()).toBe(0);

    await page.getByRole('button', { name: 'Store changes' }).click();
    await page.getByRole('heading', { name: 'yearly', level: 1 }).waitFor();
    await page.getByText('0 5 1 1 * · UTC').first().waitFor();
    const stored = await plane.admin.call('schedules.get', { params: { id: schedule.id } });
    expect(stored).toMatchObject({
      when: { cron: '0 5 1 1 *', timezone: 'UTC' },
      version: schedule.version + 1,
      job: schedule.job,
    });
  });

  it('has no page that is hard to read, light or dark, wide or narrow', async () => {
    const reader = await visit(browser, plane.url);
    reader.expect(/^401 GET \/api\/v1\/me$/);
    // No repository here lies on a forge, and the page of a new trigger says so.
    reader.expect(/^4\d\d PUT \/api\/v1\/triggers$/);
    const faults: Record<string, string[]> = {};
    const isDrawn = () => reader.page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
    /** Each page is loaded once, and takes its looks in turn as it does where the system changes them. */
    const read = async (path: string): Promise<void> => {
      for (const [colorScheme, width] of [
        ['light', 1440],
        ['dark', 1440],
        ['light', 390],
      ] as const) {
        await reader.page.setViewportSize({ width, height: 900 });
        await reader.page.emulateMedia({ colorScheme });
        await reader.page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor();
        await isDrawn();
        const look = `${path}, ${colorScheme}, ${width} px`;
        // A page in change is looked at again; what is wrong with it stays wrong.
        for (let tries = 0; tries === 0 || (tries < 10 && faults[look]!.length > 0); tries++) {
          await reader.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
          faults[look] = await accessibilityFaults(reader.page);
        }
      }
    };
    await reader.page.goto('/panel/');
    await reader.page.getByRole('button', { name: 'Sign in' }).waitFor();
    await read('/login');
    await signIn(reader, token);
    for (const path of paths) {
      await reader.page.goto(`/panel${path}`);
      await reader.page.locator('h1, h2').first().waitFor();
      await read(path);
    }
    expect(Object.keys(faults)).toHaveLength(3 * (1 + paths.length));
    expect(Object.fromEntries(Object.entries(faults).filter(([, found]) => found.length > 0))).toEqual({});
    expect(reader.complaints()).toEqual([]);
    await reader.end();
  });

  /** This machine's plane is well, so the worker's word is changed on its way to the page. */
  const ifWorkers = async (change: object) =>
    page.route('**/api/v1/workers?*', async (route) => {
      const response = await route.fetch();
      const { items, next } = (await response.json()) as { items: object[]; next: string | null };
      const changed = items.map((worker) => ({ ...worker, ...change }));
      await route.fulfill({ response, json: { items: changed, next } });
    });

  it.each([
    ['run without isolation', { isolated: false }, 'Agents run without isolation on'],
    ['have no sandbox', { sandboxes: [] }, 'No sandbox works on'],
  ])('says in red where workers %s', async (_, change, says) => {
    await ifWorkers(change);
    await page.goto('/panel/workers');
    await page.getByRole('alert').getByText(says, { exact: false }).waitFor();
    await page.unroute('**/api/v1/workers?*');
    await page.reload();
    await page.getByRole('table', { name: 'Workers' }).getByText('Ready').first().waitFor();
    expect(await page.getByText(says, { exact: false }).count()).toBe(0);
  });

  it('says that the plane is down, and goes on by itself when it is back', async () => {
    await page.goto('/panel/jobs');
    await page.getByRole('link', { name: 'fix-typo' }).first().waitFor();
    await plane.down();
    person.expect(/^(?:console error: .*ERR_|5\d\d )/);
    await page.getByRole('alert').getByText('Gatehouse gave no answer').waitFor();
    // What was read before stays, for those who only want to look.
    expect(await page.getByRole('link', { name: 'fix-typo' }).count()).toBeGreaterThan(0);
    await plane.up();
    await page.getByRole('alert').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'fix-typo' }).first().click();
    await page.getByRole('heading', { name: /^fix-typo/, level: 1 }).waitFor();
  });
};
