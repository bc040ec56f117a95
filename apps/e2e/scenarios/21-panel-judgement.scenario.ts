/// <reference lib="dom" />
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createClient, type Client } from '@gatehouse/client';
import { JobSpec, PolicyDocument } from '@gatehouse/contracts';
import type { Browser } from 'playwright-core';
import { signIn, stages, visit, type Visit } from '../src/browser.js';
import { readExample } from '../src/examples.js';
import { attack, hostile, scripted, talking } from '../src/job.specs.js';
import { untilPhase, type Plane, type Target } from '../src/plane.js';

export const panelJudgement = (started: () => { plane: Plane; browser: Browser }): void => {
  let plane: Plane;
  let target: Target;
  let browser: Browser;
  let bob: Visit;
  let ann: Visit;
  let asBob: Client;

  beforeAll(async () => {
    ({ plane, browser } = started());
    target = await plane.repository('demo', { 'README.md': 'A target.\n' });
    await plane.repository('free', { 'README.md': 'A target.\n' });
    const policy = PolicyDocument.parse(readExample('policies/demo-approval.yaml'));
    await plane.admin.call('policies.store', { body: policy, idempotencyKey: randomUUID() });
    // Bob may approve, but not what he asked for himself.
    const bobs = await plane.enrol('bob', ['requester', 'approver']);
    asBob = createClient({ baseUrl: plane.url, token: bobs.secret });
    bob = await visit(browser, plane.url);
    await signIn(bob, bobs.secret);
    ann = await visit(browser, plane.url);
    await signIn(ann, (await plane.enrol('ann', ['approver'])).secret);
  });
  afterAll(async () => {
    await bob?.end();
    await ann?.end();
  });
  afterEach(() => expect([...bob.complaints(), ...ann.complaints()]).toEqual([]));

  const submit = async (spec: JobSpec, phase: string) => {
    const { id } = await asBob.call('jobs.create', { body: spec, idempotencyKey: randomUUID() });
    const job = await untilPhase(asBob, id, phase);
    expect(job.phase).toBe(phase);
    return job;
  };
  const example = (file: string) => JobSpec.parse(readExample(file));

  it('asks people where policy does; not the requester, but somebody else may say yes', async () => {
    const job = await submit(example('change-a-file.yaml'), 'awaiting_approval');
    await bob.page.goto(`/panel/jobs/${job.id}`);
    await bob.page.getByRole('link', { name: 'Look and answer' }).click();
    await bob.page.getByText('Nobody approves their own work', { exact: false }).waitFor();
    const own = bob.page.getByRole('button', { name: 'Approve' });
    expect(await own.isDisabled()).toBe(true);
    expect(await own.getAttribute('aria-describedby')).not.toBe(null);

    await ann.page.goto('/panel/promotions');
    await ann.page.getByText('1 of them waits for your answer.').waitFor();
    await ann.page
      .getByRole('row', { name: /change-a-file/ })
      .getByText('waits for you')
      .waitFor();
    await ann.page.getByRole('link', { name: 'change-a-file' }).click();
    await ann.page.getByText('This line went through Gatehouse.').waitFor();
    const answer = ann.page.getByRole('status', { name: 'Where this stands' });
    await answer.getByText('waits for a person').waitFor();
    await answer.getByText('Anybody with the role approver but bob').waitFor();
    await ann.page.getByRole('table', { name: 'Approvals' }).getByText('1 more').waitFor();
    // By keyboard: `a` asks for the comment, and types into no field.
    await ann.page.keyboard.press('a');
    const dialog = ann.page.getByRole('dialog');
    await dialog.getByLabel('Comment (optional)').pressSequentially('Looks right, a rare kind.');
    await dialog.getByRole('button', { name: 'Approve' }).click();
    await ann.page.getByText('Published', { exact: true }).waitFor();
    await ann.page.getByText(/^Promoted as [0-9a-f]{10}/).waitFor();

    // Bob's page was open all the while and follows by itself.
    const given = bob.page.getByRole('table', { name: 'Approvals' }).getByRole('row', { name: /ann/ });
    await given.getByText('Looks right, a rare kind.').waitFor();
    await bob.page.getByText('read back and is equal', { exact: false }).waitFor();
    expect(target.git('for-each-ref', '--format=%(refname)', 'refs/heads/gatehouse')).not.toBe('');
  });

  it('lets one rejection be a veto, with its reason', async () => {
    const spec = example('change-a-file.yaml');
    const job = await submit(
      { ...spec, metadata: { ...spec.metadata, name: 'second' } },
      'awaiting_approval',
    );
    await ann.page.goto('/panel/promotions');
    await ann.page.getByRole('link', { name: 'second' }).click();
    await ann.page.getByRole('button', { name: 'Reject' }).click();
    const dialog = ann.page.getByRole('dialog');
    const reject = dialog.getByRole('button', { name: 'Reject' });
    expect(await reject.isDisabled()).toBe(true);
    await dialog.getByLabel(/^Reason/).fill(`Not now ${attack}`);
    await reject.click();
    await dialog.waitFor({ state: 'detached' });
    await bob.page.goto(`/panel/jobs/${job.id}`);
    await bob.page.getByRole('link', { name: 'Open' }).click();
    await bob.page.getByText(`Not now ${attack}`).first().waitFor();
    expect(await ann.page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  });

  it('says of a refused change which gate refused it, why, and what to do next', async () => {
    const { page } = bob;
    const job = await submit(example('misbehave.yaml'), 'refused');
    await page.goto(`/panel/jobs/${job.id}`);
    await page.getByText('Refused by forbidden-paths', { exact: false }).waitFor();
    expect(await stages(page)).toEqual(expect.arrayContaining(['Validation: stopped', 'Promotion: skipped']));
    await page.getByText('1 process outlived the agent and was killed', { exact: false }).waitFor();
    await page.getByRole('link', { name: 'Diff and gates' }).click();
    const gate = page.getByRole('listitem').filter({ hasText: 'forbidden-paths' });
    await gate.getByText('path.forbidden').waitFor();
    // From the check to its place, where it stands in full, and back.
    await gate.getByRole('button', { name: '.github/workflows/x.yml' }).click();
    const place = page.locator('#line-forbidden-paths-0');
    await place.getByText('Leave this path out of the change.').waitFor();
    expect(await place.evaluate((one) => one === document.activeElement)).toBe(true);
    await place.getByRole('button', { name: 'forbidden-paths' }).click();
    await page.locator('#check-forbidden-paths-0:focus').waitFor();
    expect(await page.getByText('Leave this path out of the change.').count()).toBe(1);

    const answer = page.getByRole('alert', { name: 'Where this stands' });
    expect(await answer.innerText()).toMatch(
      /Refused[\s\S]*Why[\s\S]*forbids[\s\S]*What to do[\s\S]*Leave out this file[\s\S]*Who can[\s\S]*bob/,
    );
    await answer.getByRole('link', { name: 'Ask again without this file' }).click();
    await page
      .getByRole('textbox', { name: 'JobSpec, YAML or JSON' })
      .getByText('- .github/workflows/x.yml')
      .waitFor();
  });

  it('masks a credential, marks what hides, and opens of many files those with findings', async () => {
    const { page } = bob;
    const token = `ghp_${'4fNP0UcnZwJUVFk6LO0pINUx'}${'wWPw5k4aXcaT'}`;
    const script = `mkdir src; for i in $(seq 1 60); do echo $i > src/f$i.js; done; printf 'const token = "%s%s";\\n' ${token.slice(0, 4)} ${token.slice(4)} > src/f60.js`;
    const job = await submit(
      scripted('many', 'free', script, {
        inputs: [{ source: 'issue 7', trust: 'untrusted', reason: 'opened by mallory' }],
      }),
      'refused',
    );
    await page.goto(`/panel/jobs/${job.id}`);
    await page.getByRole('link', { name: 'Diff and gates' }).click();
    await page.getByText('issue 7').waitFor();
    await page.getByText('opened by mallory', { exact: false }).waitFor();
    const open = page.locator('main button[aria-expanded="true"]');
    await open.first().waitFor();
    expect(await open.getAttribute('aria-label')).toBe('Close src/f60.js');
    await page.getByRole('button', { name: 'Show the other' }).waitFor();
    await open.scrollIntoViewIfNeeded();
    await page.getByText('⟨credential, not shown⟩', { exact: false }).first().waitFor();
    expect(await page.content()).not.toContain(token);
    expect(await page.evaluate(() => CSS.highlights.get('stand-in')?.size ?? 0)).toBeGreaterThan(0);

    // From nowhere `j` goes to the first finding, and Enter to its place.
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.locator('#line-secrets-0:focus').waitFor();

    // The patch is what was judged, byte for byte: it says so before it is taken, and there is no other way to it.
    expect(await page.locator('a[href*="/artifacts/"]').count()).toBe(1);
    await page
      .getByRole('region', { name: 'Changes' })
      .getByRole('link', { name: /^Patch/ })
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 line of it holds what looks like a credential.', { exact: false }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: 'Download it' }).click(),
    ]);
    expect(readFileSync(await download.path(), 'utf8')).toContain(token);
  });

  it('calls a change of nothing an outcome', async () => {
    const job = await submit(example('change-nothing.yaml'), 'noop');
    await bob.page.goto(`/panel/jobs/${job.id}`);
    await bob.page.getByRole('heading', { level: 1 }).getByText('Nothing to change').waitFor();
    await bob.page
      .getByLabel(/^stdout of attempt/)
      .getByText('nothing to do')
      .waitFor();
  });

  it('shows what a failed agent said last', async () => {
    const job = await submit(
      scripted('breaks', 'free', 'echo begun; echo no such tool >&2; exit 3'),
      'failed',
    );
    await bob.page.goto(`/panel/jobs/${job.id}`);
    await bob.page
      .getByLabel(/^stderr of attempt/)
      .getByText('no such tool')
      .waitFor();
  });

  it('cancels a running job, and says so', async () => {
    const { page } = bob;
    const job = await submit(scripted('endless', 'free', talking), 'running');
    await page.goto(`/panel/jobs/${job.id}`);
    await page
      .getByLabel(/^stdout of attempt/)
      .getByText('line 3 of many', { exact: false })
      .waitFor();
    await page.getByRole('button', { name: 'Cancel job' }).click();
    await page.getByRole('dialog').getByLabel('Reason (optional)').fill('Took too long');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the job' }).click();
    await page.getByRole('heading', { level: 1 }).getByText('Cancelled').waitFor();
    await page.getByRole('button', { name: 'Cancel job' }).waitFor({ state: 'detached' });
    expect(await stages(page)).toEqual(expect.arrayContaining(['Capability: stopped']));
  });

  it('shows whatever an agent or a requester wrote as text, and runs none of it', async () => {
    const { page } = bob;
    const job = await submit(
      scripted('hostile', 'free', hostile, {
        goal: `Say ${attack} aloud`,
        promotion: { level: 'branch', title: attack },
      }),
      // For the characters in it that cannot be seen.
      'refused',
    );
    await page.goto(`/panel/jobs/${job.id}`);
    await page.getByText(`Say ${attack} aloud`).waitFor();
    const output = page.getByLabel(/^stdout of attempt/);
    await output.getByText(attack, { exact: false }).waitFor();
    const said = await output.innerText();
    expect(said).toContain('red bold');
    // eslint-disable-next-line no-control-regex
    expect(said).not.toMatch(/[\u0000-\u0008\u000b-\u001f]|javascript:/);
    expect(
      await page.locator('main script, main img, main svg[onload], main a[href^="javascript"]').count(),
    ).toBe(0);

    await page.getByRole('link', { name: 'Diff and gates' }).click();
    const changes = page.getByRole('region', { name: 'Changes' });
    // Lines are drawn when somebody is about to see them.
    await changes.scrollIntoViewIfNeeded();
    await changes.getByText('<img src=x onerror=alert(4)>.txt').first().waitFor();
    await changes.getByText('deep/<b>bold</b>.md').waitFor();
    await changes.getByText('<svg onload=alert(3)>').waitFor();
    await changes.getByText('4 characters that cannot be seen are written out', { exact: false }).waitFor();
    await page.getByText('Windows cannot write a name').first().waitFor();
    expect(await page.locator('main script, main img, main b, main svg[onload]').count()).toBe(0);

    await page.goto('/panel/jobs');
    await page.getByTitle(`Say ${attack} aloud`).waitFor();
    expect(await page.locator('main script, main img').count()).toBe(0);
  });
};
