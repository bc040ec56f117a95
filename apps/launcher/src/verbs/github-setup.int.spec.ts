import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHub, type GitHub } from '@gatehouse/forge/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readInstallation } from '../installation.js';
import { githubSetup } from './github-setup.verb.js';

/** What a person does in the browser: opens the page, presses the button, agrees at GitHub. */
const agree = async (page: string, state?: string): Promise<Response> => {
  const html = await (await fetch(page)).text();
  const read = (pattern: RegExp) =>
    (pattern.exec(html)?.[1] ?? '').replace(/&#(\d+);/g, (_, code: string) =>
      String.fromCharCode(Number(code)),
    );
  const sent = await fetch(read(/action="([^"]+)"/), {
    method: 'POST',
    body: new URLSearchParams({ manifest: read(/name="manifest" value="([^"]+)"/) }),
    redirect: 'manual',
  });
  const back = new URL(sent.headers.get('location') ?? '');
  if (state !== undefined) back.searchParams.set('state', state);
  return fetch(back);
};

describe('making the App', () => {
  let hub: GitHub;
  let dir: string;
  const hubDir = mkdtempSync(join(tmpdir(), 'setup-hub-'));
  beforeAll(async () => {
    hub = await startGitHub({ dir: hubDir });
  });
  afterAll(async () => {
    await hub.close();
    rmSync(hubDir, { recursive: true, force: true });
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'setup-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const keys = () => join(dir, 'keys');
  const setup = async (args: readonly string[], onPage?: (page: string) => Promise<void>) => {
    let all = '';
    const pages: Promise<void>[] = [];
    const say = (line: string) => {
      all += `${line}\n`;
      const page = /http:\/\/127\S+\/[0-9a-f]{32}/.exec(line)?.[0];
      if (page !== undefined && onPage) pages.push(onPage(page));
    };
    const installation = readInstallation({ GATEHOUSE_DATA_DIR: join(dir, 'data') });
    const wanted = ['--dir', keys(), '--github', hub.url, ...args];
    const result = (_: unknown, lines: readonly string[]) => lines.forEach(say);
    const code = await githubSetup(installation, wanted, { say, result }).finally(() => Promise.all(pages));
    return { code, all };
  };

  it('writes key, secret and settings down, and says none of them', async () => {
    const settingsFile = join(dir, 'data', 'settings.env');
    mkdirSync(join(dir, 'data'));
    writeFileSync(settingsFile, '# ours\nGATEHOUSE_GITHUB_APP_ID=7\nGATEHOUSE_LOG_LEVEL=warn\n');
    let shown = '';
    const { code, all } = await setup(['--save', '--public-url', 'https://g.example'], async (page) => {
      expect((await fetch(new URL('/', page))).status).toBe(404);
      expect((await agree(page, 'of somebody else')).status).toBe(404);
      shown = await (await agree(page)).text();
    });
    expect(code).toBe(0);
    const files = ['github-app.pem', 'github-webhook.secret'].map((name) => join(keys(), name));
    const [pem = '', secret = ''] = files.map((path) => readFileSync(path, 'utf8'));
    expect(pem).toBe(hub.app.privateKeyPem);
    expect(secret.trim()).toBe(hub.webhooks.secret);
    expect(hub.webhooks.url).toBe('https://g.example/webhooks/github');
    expect([keys(), ...files].map((path) => statSync(path).mode & 0o777)).toEqual([0o700, 0o600, 0o600]);
    expect(readFileSync(settingsFile, 'utf8').split('\n')).toEqual([
      '# ours',
      'GATEHOUSE_LOG_LEVEL=warn',
      `GATEHOUSE_GITHUB_URL=${hub.url}`,
      `GATEHOUSE_GITHUB_APP_ID=${hub.app.id}`,
      `GATEHOUSE_GITHUB_APP_KEY_FILE=${files[0]}`,
      `GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE=${files[1]}`,
      'GATEHOUSE_PUBLIC_URL=https://g.example',
      '',
    ]);
    expect(readInstallation({ GATEHOUSE_DATA_DIR: join(dir, 'data') }).settings).toMatchObject({
      GATEHOUSE_GITHUB_APP_ID: String(hub.app.id),
    });
    expect(shown).toContain('/installations/new');
    for (const said of [all, shown]) {
      expect(said).not.toContain(secret.trim());
      expect(said).not.toContain('PRIVATE KEY');
    }
  });

  it('refuses, before GitHub is asked, what would overwrite a key', async () => {
    mkdirSync(keys());
    writeFileSync(join(keys(), 'github-app.pem'), 'in use');
    await expect(setup([])).rejects.toMatchObject({
      message: expect.stringContaining('is there already'),
    });
    expect(readFileSync(join(keys(), 'github-app.pem'), 'utf8')).toBe('in use');
  });

  it.each([
    [['--code', 'a b'], 'forge.invalid', /no code of GitHub/],
    [['--code', 'spent'], 'forge.not_found', /good once/],
    [['--public-url', 'g.example'], 'request.invalid', /is no address/],
    [['--port', 'x'], 'request.invalid', /is no port/],
    [['--what'], 'request.invalid', /--help/],
  ])('%j is refused with %s', async (args, code, message) => {
    await expect(setup(args)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('says what to do where the answer with the key is lost', async () => {
    hub.faults.next({ match: { method: 'POST', path: /conversions$/ }, do: 'do it, then cut the answer' });
    let shown = '';
    const asked = setup([], async (page) => {
      shown = await (await agree(page)).text();
    });
    await expect(asked).rejects.toMatchObject({
      code: 'forge.unavailable',
      message: expect.stringContaining('Delete the App'),
    });
    expect(shown).toContain('did not work');
  });
});
