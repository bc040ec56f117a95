import type { Settings } from '@gatehouse/contracts';
import type { ForgeRepo } from './forge.js';

/** Where GitHub is and in which files its secrets are. Null of `forgeSettings` means: no forge is configured. */
export interface ForgeSettings {
  /** Where people and git go, without a slash at the end: `https://github.com`. */
  readonly url: string;
  /** Where REST goes, without a slash at the end: `https://api.github.com`. */
  readonly apiUrl: string;
  /** Id of the GitHub App; undefined with a token. */
  readonly appId: string | undefined;
  /** PEM of the App, for the promoter alone. */
  readonly appKeyFile: string | undefined;
  /** Fine-grained token that writes, for the promoter alone. */
  readonly tokenFile: string | undefined;
  /** Fine-grained token that only reads. */
  readonly readTokenFile: string | undefined;
  /** One secret a line; every line counts, so that a secret can be rotated. For the api alone. */
  readonly webhookSecretFile: string | undefined;
}

const plain = (address: string): string => address.replace(/\/+$/, '');

/** The REST API of a GitHub at this address, where nothing else is said. */
export const apiUrlOf = (url: string): string =>
  new URL(url).host === 'github.com' ? 'https://api.github.com' : `${plain(url)}/api/v3`;

/** What the settings say of the forge; null where none is connected. */
export const forgeSettings = (settings: Settings): ForgeSettings | null => {
  const { GATEHOUSE_GITHUB_APP_ID: appId, GATEHOUSE_GITHUB_TOKEN_FILE: tokenFile } = settings;
  if (appId === undefined && tokenFile === undefined) return null;
  const url = plain(settings.GATEHOUSE_GITHUB_URL);
  return {
    url,
    apiUrl: plain(settings.GATEHOUSE_GITHUB_API_URL ?? apiUrlOf(url)),
    appId,
    appKeyFile: settings.GATEHOUSE_GITHUB_APP_KEY_FILE,
    tokenFile,
    readTokenFile: settings.GATEHOUSE_GITHUB_READ_TOKEN_FILE,
    webhookSecretFile: settings.GATEHOUSE_GITHUB_WEBHOOK_SECRET_FILE,
  };
};

const segment = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*)$/;

/** The repository that a source names at this forge; null where it lies elsewhere or names none. */
export const repoOfSource = ({ url }: Pick<ForgeSettings, 'url'>, source: string): ForgeRepo | null => {
  if (!URL.canParse(source) || !URL.canParse(url)) return null;
  const there = new URL(source);
  const forge = new URL(url);
  if (there.origin !== forge.origin || there.username !== '' || there.search !== '' || there.hash !== '')
    return null;
  const below = forge.pathname.replace(/\/+$/, '');
  if (!there.pathname.startsWith(`${below}/`)) return null;
  const [owner, last, ...more] = there.pathname
    .slice(below.length + 1)
    .replace(/\/$/, '')
    .split('/');
  const name = last?.replace(/\.git$/, '');
  if (owner === undefined || name === undefined || more.length > 0) return null;
  return segment.test(owner) && /^[A-Za-z0-9._-]+$/.test(name) && !/^\.{0,2}$/.test(name)
    ? { owner, name }
    : null;
};
