import { readFile, stat } from 'node:fs/promises';
import { GatehouseError } from '@gatehouse/contracts';
import { appJwt, readAppKey } from './app.jwt.js';
import type { PreflightLine } from './forge.js';
import type { ForgeSettings } from './forge.settings.js';
import { GithubClient, type AccessSource } from './github.client.js';
import { maxSkewMs, missingPermissions } from './github.preflight.js';
import { Account, App, OwnedInstallation } from './github.schema.js';
import { RateBudget } from './rate.budget.js';
import { readTokenFile } from './token.credentials.js';
import { webhookSecrets } from './webhook.signature.js';

const yes = (check: string, detail: string): PreflightLine => ({ check, ok: true, detail, fix: '' });
const no = (check: string, detail: string, fix: string): PreflightLine => ({ check, ok: false, detail, fix });

/** A sentence of what happened, and the rest as what to do. */
const split = (check: string, error: unknown): PreflightLine => {
  if (!(error instanceof GatehouseError)) throw error;
  const [detail = '', ...fix] = error.message.split(/(?<=\.) /);
  return no(check, detail, fix.join(' '));
};

/** A secret that others of this machine can read is none. */
const openToOthers = async (path: string): Promise<PreflightLine | undefined> => {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || (found.mode & 0o077) === 0) return undefined;
  return no(
    'forge.files',
    `${path} has mode ${(found.mode & 0o777).toString(8)}: others can read it`,
    `chmod 600 ${path}`,
  );
};

const files = async (settings: ForgeSettings): Promise<PreflightLine[]> => {
  const { appId, appKeyFile, tokenFile, readTokenFile: reading, webhookSecretFile } = settings;
  const paths = [appKeyFile, tokenFile, reading, webhookSecretFile].filter((path) => path !== undefined);
  const open = (await Promise.all(paths.map(openToOthers))).filter((line) => line !== undefined);
  if (appId !== undefined && appKeyFile === undefined)
    open.push(
      no('forge.files', 'an App has no key', 'Set GATEHOUSE_GITHUB_APP_KEY_FILE to its private key (PEM).'),
    );
  if (appId === undefined && reading === undefined)
    open.push(
      no(
        'forge.files',
        'there is no token that only reads',
        'Set GATEHOUSE_GITHUB_READ_TOKEN_FILE, or use a GitHub App.',
      ),
    );
  return open.length > 0 ? open : [yes('forge.files', 'only we can read the secrets')];
};

const webhook = async ({ webhookSecretFile }: ForgeSettings): Promise<PreflightLine> => {
  const check = 'forge.webhook';
  if (webhookSecretFile === undefined)
    return no(
      check,
      'there is no webhook secret, so GitHub cannot tell us anything',
      'Set GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE.',
    );
  const text = await readFile(webhookSecretFile, 'utf8').catch(() => undefined);
  if (text === undefined)
    return no(check, `${webhookSecretFile} cannot be read`, 'Check that it is there and who may read it.');
  const secrets = webhookSecrets(text);
  return secrets.length === 0 || secrets.some((secret) => secret.length < 16)
    ? no(
        check,
        `${webhookSecretFile} is empty, or a secret in it is shorter than 16 characters`,
        `openssl rand -hex 32 > ${webhookSecretFile}`,
      )
    : yes(check, 'the webhook secret is there');
};

const app = async (
  client: GithubClient,
  { appId = '', appKeyFile = '' }: ForgeSettings,
): Promise<PreflightLine[]> => {
  const pem = await readFile(appKeyFile, 'utf8').catch(() => undefined);
  if (pem === undefined)
    return [no('forge.key', `${appKeyFile} cannot be read`, 'Check that it is there and who may read it.')];
  const lines: PreflightLine[] = [];
  try {
    const key = readAppKey(pem, appKeyFile);
    const budget = new RateBudget();
    const access: AccessSource = () =>
      Promise.resolve({ token: appJwt(appId, key, client.forgeNow), budget });
    const { slug } = await client.call(access, 'GET /app', {}, App);
    lines.push(yes('forge.app', `the App ${slug} answers`));
    const found = await client.pages(access, 'GET /app/installations', {}, OwnedInstallation);
    if (found.length === 0)
      lines.push(
        no(
          'forge.installation',
          `${slug} is installed nowhere`,
          `Install it: settings of the App, "Install App".`,
        ),
      );
    for (const { account, suspended_at, permissions } of found) {
      const missing = missingPermissions(permissions);
      const owner = account?.login ?? 'somebody';
      if (typeof suspended_at === 'string')
        lines.push(
          no('forge.installation', `its installation of ${owner} is suspended`, 'Unsuspend it at GitHub.'),
        );
      else if (missing.length > 0)
        lines.push(
          no(
            'forge.permissions',
            `for ${owner} it lacks ${missing.join(', ')}`,
            'Grant them in the settings of the App, then accept them in the installation.',
          ),
        );
      else lines.push(yes('forge.installation', `installed for ${owner} with all it needs`));
    }
  } catch (error) {
    lines.push(split('forge.app', error));
  }
  return lines;
};

const token = async (client: GithubClient, path: string, what: string): Promise<PreflightLine> => {
  try {
    const budget = new RateBudget();
    const access: AccessSource = async () => ({ token: await readTokenFile(path), budget });
    const { login } = await client.call(access, 'GET /user', {}, Account);
    return yes('forge.token', `${what} is ${login}'s`);
  } catch (error) {
    return split('forge.token', error);
  }
};

/** Everything that has to hold between this installation and the forge, whatever the repository; for doctor. */
export const inspectForge = async (settings: ForgeSettings): Promise<readonly PreflightLine[]> => {
  const client = new GithubClient({ apiUrl: settings.apiUrl });
  const { appId, appKeyFile, tokenFile, readTokenFile: reading } = settings;
  const lines = await files(settings);
  if (appId !== undefined && appKeyFile !== undefined) lines.push(...(await app(client, settings)));
  else if (tokenFile !== undefined) {
    lines.push(await token(client, tokenFile, 'the token that writes'));
    if (reading !== undefined) lines.push(await token(client, reading, 'the token that reads'));
  }
  if (Math.abs(client.skewMs) > maxSkewMs)
    lines.push(
      no(
        'forge.clock',
        `our clock is ${Math.round(-client.skewMs / 1000)} s ahead of GitHub's`,
        'Set the clock of this machine by NTP.',
      ),
    );
  lines.push(await webhook(settings));
  return lines;
};
