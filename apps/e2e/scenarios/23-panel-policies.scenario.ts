import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { PolicyDocument, type PolicyRules } from '@gatehouse/contracts';
import type { Browser, Page } from 'playwright-core';
import { signIn, visit, type Visit } from '../src/browser.js';
import { scripted } from '../src/job.specs.js';
import { untilPhase, type Plane } from '../src/plane.js';

const document = (spec: PolicyRules): PolicyDocument =>
  PolicyDocument.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Policy',
    metadata: { name: 'house', layer: 'installation' },
    spec,
  });

export const panelPolicies = (started: () => { plane: Plane; browser: Browser }): void => {
  let plane: Plane;
  let browser: Browser;
  let person: Visit;
  let page: Page;

  beforeAll(async () => {
    ({ plane, browser } = started());
    await plane.repository('ledge', { 'README.md': 'A target.\n' });
    const { secret } = await plane.enrol('ada', ['admin']);
    const body = scripted('add-line', 'ledge', 'echo new >> README.md');
    const { id } = await plane.admin.call('jobs.create', { body, idempotencyKey: randomUUID() });
    await untilPhase(plane.admin, id, 'promoted');
    person = await visit(browser, plane.url);
    page = person.page;
    await signIn(person, secret);
  });
  afterAll(async () => {
    await person?.end();
  });
  afterEach(() => expect(person.complaints()).toEqual([]));

  it('begin with the built-in default, and say so', async () => {
    await page.getByRole('link', { name: 'Policies' }).click();
    await page.getByRole('heading', { name: 'Policies', level: 1 }).waitFor();
    await page.getByText('built in', { exact: true }).waitFor();
    await page.getByText('Nothing has been activated yet').waitFor();
    await page.getByText('No policy has been stored').waitFor();
  });

  it('explain why a path may change, and why not', async () => {
    const resource = page.getByRole('textbox', { name: 'To what' });
    await resource.fill('src/a.ts');
    await page.keyboard.press('Enter');
    await page.getByText('Yes', { exact: true }).waitFor();
    await resource.fill('.gitlab-ci.yml');
    await page.keyboard.press('Enter');
    await page.getByText('No', { exact: true }).waitFor();
    const layers = page.getByRole('list', { name: 'What each layer says' });
    expect(await layers.innerText()).toContain('forbiddenPaths has .gitlab-ci.yml');
  });

  it('are tried before anybody obeys them: flips are listed with their reason', async () => {
    const pasted = page.getByRole('textbox', { name: 'A policy that is only proposed, as YAML or JSON' });
    await pasted.fill('kind: Policy');
    await page.getByRole('button', { name: 'Simulate' }).click();
    await page.getByText(/metadata: /).waitFor();
    await pasted.fill(
      JSON.stringify(document({ allowedPaths: ['src/**'], gates: { required: ['no-gate'] } })),
    );
    await page.getByRole('button', { name: 'Simulate' }).click();
    const flips = page.getByRole('table', { name: 'What would flip' });
    await flips.waitFor();
    expect(await flips.innerText()).toMatch(/candidate .*passes.*refused.*allowed-paths/s);
    expect(await page.getByRole('list', { name: 'What is odd about it' }).innerText()).toContain(
      'There is no gate no-gate',
    );
    expect((await plane.admin.call('policies.list', { query: {} })).items).toEqual([]);
  });

  it('are activated and taken back, each with a reason that stays', async () => {
    for (const files of [90, 80])
      await plane.admin.call('policies.store', {
        body: document({ limits: { files } }),
        query: { activate: 'false' },
        idempotencyKey: randomUUID(),
      });
    await page.reload();
    const versions = page.getByRole('table', { name: 'Policy versions, newest first' });
    const activate = async (version: string, reason: string) => {
      await versions.getByRole('row', { name: version }).getByRole('button', { name: 'Activate' }).click();
      await page.getByRole('dialog').getByRole('textbox', { name: 'Why' }).fill(reason);
      await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await versions.getByRole('row', { name: version }).getByText('Active').waitFor();
    };
    await activate('version 1', 'A first one');
    await activate('version 2', 'Less at once');
    await page.getByText('files: 80').waitFor();
    const sets = page.getByRole('table', { name: 'Policy sets, newest first' });
    await sets.getByRole('row', { name: 'A first one' }).getByRole('button', { name: 'Roll back' }).click();
    await page.getByRole('dialog').getByRole('textbox', { name: 'Why' }).fill('Too tight');
    await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
    await page.getByText('files: 90').waitFor();
    expect(await sets.getByRole('row', { name: 'Too tight' }).innerText()).toMatch(/Active.*ada/s);
    const [newest] = (await plane.admin.call('policySets.list', { query: {} })).items;
    expect(newest).toMatchObject({ reason: 'Too tight', active: true });
    expect(newest?.restores).not.toBeNull();
  });
};
