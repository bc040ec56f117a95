import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { stages, visit, type Visit } from '../src/browser.js';
import { type Plane, type Target } from '../src/plane.js';

const spec = (name: string, lines: string) => `apiVersion: gatehouse.dev/v1
kind: Job
metadata: { name: ${name} }
spec:
  repository: garden
${lines}
  agent:
    adapter: command
    command:
      - sh
      - -c
      - 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do echo "step $i"; sleep 0.5; done; echo new >> README.md'
`;

export const panelFirstChange = (started: () => { plane: Plane; browser: Browser }): void => {
  let plane: Plane;
  let target: Target;
  let browser: Browser;
  let person: Visit;
  let page: Page;
  let link: string;

  beforeAll(async () => {
    ({ plane, browser } = started());
    target = await plane.repository('garden', { 'README.md': 'A target.\n' });
    person = await visit(browser, plane.url);
    page = person.page;
  });
  afterAll(async () => {
    await person?.end();
  });
  afterEach(() => expect(person.complaints()).toEqual([]));

  it('opens by the one-time link, and keeps the code out of the address', async () => {
    link = await plane.panelLink();
    expect(link).toContain('#code=');
    await page.goto(link);
    await page.getByRole('heading', { name: 'Jobs', level: 1 }).waitFor();
    expect(new URL(page.url())).toMatchObject({ pathname: '/panel/jobs', hash: '' });
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
  });

  it('says of a link that was used what to do, and lets nobody in by it', async () => {
    const other = await visit(browser, plane.url);
    other.expect(/^40[01] /);
    await other.page.goto(link);
    await other.page.getByRole('alert').waitFor();
    expect(await other.page.getByRole('alert').innerText()).toMatch(/link|code/i);
    await other.page.goto('/panel/jobs');
    await other.page.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(other.complaints()).toEqual([]);
    await other.end();
  });

  it('says on an empty list what to do first', async () => {
    await page.getByRole('heading', { name: 'No job has been submitted yet' }).waitFor();
    await page.getByRole('link', { name: 'New job' }).last().click();
    await page.getByRole('heading', { name: 'New job', level: 1 }).waitFor();
  });

  it('says where a spec is wrong while it is written, and takes it once it is right', async () => {
    const editor = page.getByRole('textbox', { name: 'JobSpec, YAML or JSON' });
    const submit = page.getByRole('button', { name: 'Submit job' });
    await editor.fill(spec('First-Change', '  gaol: Add a line'));
    const faults = page.getByRole('list', { name: 'Faults' });
    await faults.getByText('There is no such field.').waitFor();
    expect(await faults.innerText()).toMatch(/metadata\.name[\s\S]*spec\.goal[\s\S]*This field is needed/);
    expect(await submit.isDisabled()).toBe(true);
    await faults.getByRole('button', { name: /spec\.gaol/ }).click();
    expect(await editor.evaluate((one) => one.contains(document.activeElement))).toBe(true);

    await editor.fill(spec('first-change', '  goal: Add a line'));
    await page.getByText('Valid', { exact: true }).waitFor();
    // What the server would let it do, asked while it is typed.
    await page.getByText('.github/workflows/**').waitFor();
    await submit.click();
    await page.getByRole('heading', { name: /^first-change/, level: 1 }).waitFor();
  });

  it('is watched live, also after a reload in the middle, until it is promoted', async () => {
    const output = page.getByLabel(/^stdout of attempt/);
    await output.getByText('step 3', { exact: false }).waitFor();
    expect(await stages(page)).toContain('Capability: active');
    await page.reload();
    // A page looks for words: on a busy machine 16 is there by then as well, in a part of its own.
    await output.getByText('step 1\n', { exact: false }).first().waitFor();
    expect(await stages(page)).toHaveLength(5);

    await page.getByRole('heading', { level: 1 }).getByText('Promoted').waitFor();
    await output.getByText('step 16', { exact: false }).waitFor();
    expect((await output.innerText()).match(/step 16/g)).toHaveLength(1);
    const done = ['Session', 'Policy', 'Capability', 'Validation', 'Promotion'].map(
      (stage) => `${stage}: done`,
    );
    // The heading and the stages are drawn from answers of their own.
    for (let i = 0; i < 50 && (await stages(page)).join() !== done.join(); i += 1)
      await page.waitForTimeout(100);
    expect(await stages(page)).toEqual(done);
    await page.getByText('A branch was published and read back').waitFor();
  });

  it('shows the candidate: every gate and the real diff, side by side too', async () => {
    await page.getByRole('link', { name: 'Diff and gates' }).click();
    await page.getByText('This change passed all').waitFor();
    // What loads meanwhile can move a fold away from under the pointer: until none is closed.
    const folded = page.locator('details:not([open]) > summary', { hasText: 'passed without a word' });
    await page.getByText('passed without a word').first().waitFor();
    while ((await folded.count()) > 0) await folded.first().click();
    for (const gate of ['round-trip', 'fsck', 'forbidden-paths', 'commands'])
      await page.getByText(gate, { exact: true }).waitFor();
    const changes = page.getByRole('region', { name: 'Changes' });
    await changes.scrollIntoViewIfNeeded();
    await changes.getByText('README.md', { exact: true }).first().waitFor();
    await changes.getByText('new', { exact: true }).waitFor();
    await changes.getByText('Split').click();
    await changes.getByText('new', { exact: true }).waitFor();

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      changes.getByRole('link', { name: /^Patch/ }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.patch$/);
    expect(
      target.git('for-each-ref', '--format=%(refname)', 'refs/heads/gatehouse').split('\n'),
    ).toHaveLength(1);
  });

  it('is in the list with its outcome, and is found by its name', async () => {
    await page.goto('/panel/jobs?name=first-change');
    const row = page.getByRole('row', { name: /first-change/ });
    await row.getByText('Promoted').waitFor();
    await page.goto('/panel/jobs?name=another');
    await page.getByRole('heading', { name: 'No job matches' }).waitFor();
  });

  it('ends with the sign-out: the cookie opens nothing any more', async () => {
    person.expect(/^401 GET \/api\/v1\//);
    const [cookie] = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
    const answer = await fetch(`${plane.url}/api/v1/me`, {
      headers: { cookie: `${cookie!.name}=${cookie!.value}` },
    });
    expect(answer.status).toBe(401);
    await page.goBack();
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });
};
