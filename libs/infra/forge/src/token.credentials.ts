import { readFile } from 'node:fs/promises';
import { GatehouseError } from '@gatehouse/contracts';
import type { ForgeRepo } from './forge.js';
import type { Access, GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { Account } from './github.schema.js';
import { RateBudget } from './rate.budget.js';
import { checkRepo } from './repo.name.js';

/** Reads a token from its file. Throws `forge.unauthorized` that names the file. */
export const readTokenFile = async (path: string): Promise<string> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    throw new GatehouseError(
      'forge.unauthorized',
      `The token of GitHub cannot be read from ${path} (${code ?? 'error'}). Check that the file is there and who may read it.`,
    );
  });
  const token = text.trim();
  if (/^[\x21-\x7e]{1,1000}$/.test(token)) return token;
  throw new GatehouseError(
    'forge.unauthorized',
    `${path} holds no token: expected one line without blanks. Put the fine-grained token of GitHub there.`,
  );
};

/** Fine-grained tokens out of files. They are read anew every time, so that a new token needs no restart. */
export class TokenCredentials implements Credentials {
  readonly #budget = new RateBudget();
  readonly #readBudget = new RateBudget();
  #login: string | undefined;

  constructor(
    private readonly client: GithubClient,
    private readonly writeFile: string,
    private readonly readFile: string | undefined,
  ) {}

  async write(repo: ForgeRepo): Promise<Access> {
    checkRepo(repo);
    return { token: await readTokenFile(this.writeFile), budget: this.#budget };
  }

  async read(repo: ForgeRepo): Promise<Access & { readonly expiresAt: null }> {
    checkRepo(repo);
    if (this.readFile === undefined)
      throw new GatehouseError(
        'forge.unauthorized',
        'There is no token that only reads, and the one that writes is never handed on. Set GATEHOUSE_GITHUB_READ_TOKEN_FILE, or use a GitHub App.',
      );
    return { token: await readTokenFile(this.readFile), budget: this.#readBudget, expiresAt: null };
  }

  async login(): Promise<string> {
    const access = async (): Promise<Access> => ({
      token: await readTokenFile(this.writeFile),
      budget: this.#budget,
    });
    this.#login ??= (await this.client.call(access, 'GET /user', {}, Account)).login;
    return this.#login;
  }

  /** GitHub does not say what a fine-grained token may do; the first write shows it. */
  permissions(): Promise<null> {
    return Promise.resolve(null);
  }
}
