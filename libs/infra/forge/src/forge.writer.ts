import { readFile } from 'node:fs/promises';
import { GatehouseError } from '@gatehouse/contracts';
import { AppCredentials } from './app.credentials.js';
import { readAppKey } from './app.jwt.js';
import type { ForgeWriter } from './forge.js';
import type { ForgeSettings } from './forge.settings.js';
import { GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { GithubWriter } from './github.writer.js';
import { TokenCredentials } from './token.credentials.js';

/**
 * The credentials that the settings name. Throws `forge.unauthorized` where a file is missing or holds something else.
 */
export const openCredentials = async (
  client: GithubClient,
  settings: ForgeSettings,
): Promise<Credentials> => {
  const { appId, appKeyFile, tokenFile, readTokenFile } = settings;
  if (appId !== undefined && appKeyFile !== undefined) {
    const pem = await readFile(appKeyFile, 'utf8').catch((error: unknown) => {
      throw new GatehouseError(
        'forge.unauthorized',
        `The key of the GitHub App cannot be read from ${appKeyFile} (${(error as NodeJS.ErrnoException).code ?? 'error'}). Check that the file is there and who may read it.`,
      );
    });
    return new AppCredentials(client, appId, readAppKey(pem, appKeyFile));
  }
  if (tokenFile !== undefined) return new TokenCredentials(client, tokenFile, readTokenFile);
  throw new GatehouseError(
    'forge.unauthorized',
    'GitHub has no credential to write with. Set GATEHOUSE_GITHUB_APP_ID and GATEHOUSE_GITHUB_APP_KEY_FILE, or GATEHOUSE_GITHUB_TOKEN_FILE.',
  );
};

/** Opened when it is first needed: a key that is missing must not keep the promoter from all its other work. */
class LateCredentials implements Credentials {
  #opened: Promise<Credentials> | undefined;

  constructor(private readonly open: () => Promise<Credentials>) {}

  write: Credentials['write'] = async (repo, fresh) => (await this.#get()).write(repo, fresh);
  read: Credentials['read'] = async (repo, fresh) => (await this.#get()).read(repo, fresh);
  login: Credentials['login'] = async () => (await this.#get()).login();
  permissions: Credentials['permissions'] = async (repo) => (await this.#get()).permissions(repo);

  #get(): Promise<Credentials> {
    this.#opened ??= this.open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}

/** The writer of this installation, for the promoter alone. No file is read and nothing asked of the forge yet. */
export const createForgeWriter = (settings: ForgeSettings): ForgeWriter => {
  const client = new GithubClient({ apiUrl: settings.apiUrl });
  return new GithubWriter(client, new LateCredentials(() => openCredentials(client, settings)));
};
