import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectForge } from './forge.inspection.js';
import type { ForgeSettings } from './forge.settings.js';
import { ScriptedForge } from './github.fixture.js';
import { neededPermissions } from './github.preflight.js';

describe('what doctor sees of the forge', () => {
  const forge = new ScriptedForge();
  const dir = mkdtempSync(join(tmpdir(), 'gh-inspect-'));
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  let app: ForgeSettings;
  beforeAll(async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    app = {
      url: 'https://github.com',
      apiUrl: await forge.listen(),
      appId: '1',
      appKeyFile: file('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
      tokenFile: undefined,
      readTokenFile: undefined,
      webhookSecretFile: file('secret', `${'a'.repeat(32)}\n${'b'.repeat(32)}\n`),
    };
  });
  beforeEach(() => {
    forge.reset();
    forge.on('GET /app', { json: { id: 1, slug: 'gatehouse', name: 'Gatehouse' } });
  });
  afterAll(async () => {
    await forge.close();
    rmSync(dir, { recursive: true });
  });
  const faults = async (settings: ForgeSettings) =>
    (await inspectForge(settings)).filter(({ ok }) => !ok).map(({ check, detail }) => `${check}: ${detail}`);
  const installed = (over: object) => ({
    id: 42,
    account: { login: 'acme' },
    suspended_at: null,
    permissions: neededPermissions,
    ...over,
  });

  it('names owners that suspended the App or granted it too little', async () => {
    forge.on('GET /app/installations', {
      json: [
        installed({}),
        installed({ account: { login: 'globex' }, suspended_at: '2026-01-02T03:04:05Z' }),
        installed({
          account: { login: 'initech' },
          permissions: { ...neededPermissions, contents: 'read', checks: undefined },
        }),
      ],
    });
    expect(await faults(app)).toEqual([
      'forge.installation: its installation of globex is suspended',
      'forge.permissions: for initech it lacks contents (write), checks (write)',
    ]);
  });

  it('says where the App is installed nowhere, and where no webhook can be believed', async () => {
    forge.on('GET /app/installations', { json: [] });
    expect(await faults({ ...app, webhookSecretFile: file('short', 'short\n') })).toEqual([
      'forge.installation: gatehouse is installed nowhere',
      expect.stringMatching(/^forge\.webhook: .*shorter than 16/),
    ]);
  });

  it('tries both tokens where there is no App, and shows neither', async () => {
    const tokens = { ...app, appId: undefined, appKeyFile: undefined };
    const [writes, reads] = [file('w', 'pat_w_secret\n'), file('r', 'pat_r_secret\n')];
    forge.on('GET /user', ({ authorization }) =>
      authorization === 'Bearer pat_w_secret'
        ? { json: { login: 'bot' } }
        : { status: 401, json: { message: 'Bad credentials pat_r_secret' } },
    );
    const lines = await inspectForge({ ...tokens, tokenFile: writes, readTokenFile: reads });
    expect(lines.map(({ check, ok }) => [check, ok])).toEqual([
      ['forge.files', true],
      ['forge.token', true],
      ['forge.token', false],
      ['forge.webhook', true],
    ]);
    expect(JSON.stringify(lines)).not.toContain('secret"');
    expect(JSON.stringify(lines)).not.toMatch(/pat_[wr]/);
    expect(await faults({ ...tokens, tokenFile: writes })).toEqual([
      'forge.files: there is no token that only reads',
    ]);
  });
});
