import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { GatehouseError } from '@gatehouse/contracts';
import {
  apiUrlOf,
  AppManifest,
  convertManifest,
  manifestFor,
  newAppUrl,
  type NewApp,
} from '@gatehouse/forge';
import { prepareData, type Installation } from '../installation.js';
import { changedSettings } from '../settings.file.js';
import { writeSecret } from '../supervisor/secret.file.js';
import { openSetupDoor, setupLink, setupPage } from './github-setup.door.js';
import type { Output } from './output.js';

const options = {
  dir: { type: 'string' },
  github: { type: 'string' },
  org: { type: 'string' },
  name: { type: 'string' },
  'public-url': { type: 'string' },
  port: { type: 'string', default: '0' },
  code: { type: 'string' },
  save: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

const refuse = (message: string, cause?: unknown): GatehouseError =>
  new GatehouseError('request.invalid', message, { cause });

const address = (name: string, text: string): string => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username + url.search + url.hash !== '')
    throw refuse(`--${name} ${text} is no address. Give one like https://github.example.com.`);
  return text.replace(/\/+$/, '');
};

const readWishes = (args: readonly string[], { settings }: Installation) => {
  let given;
  try {
    given = parseArgs({ args: [...args], options, strict: true }).values;
  } catch (cause) {
    throw refuse(`${(cause as Error).message} See gatehouse github setup --help.`, cause);
  }
  if (!given.dir) throw refuse('There is no folder for the key. Name one with --dir.');
  const port = Number(given.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw refuse(`--port ${given.port} is no port. Give a number up to 65535, or leave it out.`);
  const url = address('github', given.github ?? settings.GATEHOUSE_GITHUB_URL);
  const isKnown = url === settings.GATEHOUSE_GITHUB_URL.replace(/\/+$/, '');
  const publicUrl = given['public-url'] ?? settings.GATEHOUSE_PUBLIC_URL;
  return {
    ...given,
    port,
    dir: resolve(given.dir),
    name: given.name ?? `gatehouse-${randomBytes(3).toString('hex')}`,
    url,
    apiUrl: ((isKnown ? settings.GATEHOUSE_GITHUB_API_URL : undefined) ?? apiUrlOf(url)).replace(/\/+$/, ''),
    publicUrl: publicUrl === undefined ? undefined : address('public-url', publicUrl),
  };
};
type Wishes = ReturnType<typeof readWishes>;

const filesIn = (dir: string) => ({
  key: join(dir, 'github-app.pem'),
  secret: join(dir, 'github-webhook.secret'),
});

const templateOf = (clone: string): AppManifest =>
  AppManifest.parse(JSON.parse(readFileSync(join(clone, 'examples', 'github', 'app-manifest.json'), 'utf8')));

/** Has a person agree at GitHub, and writes key and secret down while the browser waits. */
const throughBrowser = async (
  { clone }: Installation,
  wishes: Wishes,
  output: Output,
  keep: (app: NewApp) => void,
): Promise<NewApp> => {
  const { name, publicUrl, port, url, org } = wishes;
  const template = templateOf(clone);
  const door = await openSetupDoor({
    port,
    formUrl: newAppUrl({ url }, org),
    manifestFor: (redirectUrl) => manifestFor(template, { name, redirectUrl, publicUrl }),
  });
  try {
    const at = new URL(door.page).port;
    output.say(`Open this in a browser, and agree at GitHub:\n  ${door.page}`);
    output.say(`From another machine first: ssh -L ${at}:127.0.0.1:${at} HERE. Ctrl-C ends it.`);
    const { code, answer } = await door.arrived;
    try {
      const app = await convertManifest(wishes, code);
      keep(app);
      await answer(setupPage('The App is there', setupLink(`${app.page}/installations/new`, 'Install it')));
      return app;
    } catch (error) {
      await answer(setupPage('That did not work', '<p>The terminal says why.</p>'));
      throw error;
    }
  } finally {
    door.close();
  }
};

const settingsFor = (wishes: Wishes, app: NewApp): Record<string, string> => {
  const { key, secret } = filesIn(wishes.dir);
  return {
    ...(wishes.url !== 'https://github.com' && { GATEHOUSE_GITHUB_URL: wishes.url }),
    ...(wishes.apiUrl !== apiUrlOf(wishes.url) && { GATEHOUSE_GITHUB_API_URL: wishes.apiUrl }),
    GATEHOUSE_GITHUB_APP_ID: String(app.id),
    GATEHOUSE_GITHUB_APP_KEY_FILE: key,
    ...(app.webhookSecret !== null && { GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE: secret }),
    ...(wishes.publicUrl !== undefined && { GATEHOUSE_PUBLIC_URL: wishes.publicUrl }),
  };
};

/**
 * Makes a GitHub App by its manifest. Key and webhook secret go into files that only we can read; no secret is said.
 * Throws `request.invalid` before anything is made, `forge.*` where GitHub says no.
 */
export const githubSetup = async (
  installation: Installation,
  args: readonly string[],
  output: Output,
): Promise<number> => {
  const wishes = readWishes(args, installation);
  const { key, secret } = filesIn(wishes.dir);
  for (const path of [key, secret])
    if (existsSync(path))
      throw refuse(`${path} is there already, and its App may be in use. Name another folder with --dir.`);
  // Before GitHub is asked: what it gives once has to find its place.
  mkdirSync(wishes.dir, { recursive: true, mode: 0o700 });
  if (wishes.save) prepareData(installation);
  const keep = ({ pem, webhookSecret }: NewApp): void => {
    writeSecret(key, pem);
    if (webhookSecret !== null) writeSecret(secret, `${webhookSecret}\n`);
  };
  let app: NewApp;
  if (wishes.code === undefined) app = await throughBrowser(installation, wishes, output, keep);
  else keep((app = await convertManifest(wishes, wishes.code)));
  const settings = settingsFor(wishes, app);
  const { settingsFile } = installation.paths;
  if (wishes.save) {
    const before = existsSync(settingsFile) ? readFileSync(settingsFile, 'utf8') : '';
    writeSecret(settingsFile, changedSettings(before, settings));
  }
  const install = `${app.page}/installations/new`;
  const overruled = Object.keys(settings).filter((name) => process.env[name]);
  output.result({ ok: true, app: { id: app.id, slug: app.slug }, install, settings, settingsFile }, [
    `The App ${app.slug} is there; its key is in ${wishes.dir}.`,
    wishes.save ? `Saved in ${settingsFile}:` : `Put these lines into ${settingsFile}, or run with --save:`,
    ...Object.entries(settings).map(([name, value]) => `${name}=${value}`),
    ...(overruled.length > 0 ? [`The environment overrules ${overruled.join(', ')}.`] : []),
    `Install it on your repository: ${install}`,
  ]);
  return 0;
};
