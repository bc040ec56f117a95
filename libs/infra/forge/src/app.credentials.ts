import type { KeyObject } from 'node:crypto';
import { GatehouseError } from '@gatehouse/contracts';
import { appJwt } from './app.jwt.js';
import type { ForgeRepo } from './forge.js';
import type { Access, AccessSource, GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { App, Installation, MintedToken } from './github.schema.js';
import { checkRepo } from './repo.name.js';
import { RateBudget } from './rate.budget.js';

/** What every reader of a repository gets, and not a right more. */
export const readPermissions = {
  contents: 'read',
  issues: 'read',
  pull_requests: 'read',
  metadata: 'read',
} as const;

/** What the promoter asks for, as far as the owner granted it; `workflows` lets a branch change `.github/workflows`. */
const writePermissions = {
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  checks: 'write',
  workflows: 'write',
  metadata: 'read',
} as const;

/** A token is not handed out when it has less left than this: a push may take minutes. */
const marginMs = 10 * 60_000;
const installationFreshMs = 5 * 60_000;

interface Held {
  readonly token: string;
  readonly expiresAt: Date;
}

const keyOf = ({ owner, name, id }: ForgeRepo): string => `${owner}/${name}/${id ?? ''}`.toLowerCase();

const orElse = <T>(error: unknown, otherwise: () => Promise<T>): Promise<T> => {
  if (error instanceof GatehouseError && error.code === 'forge.not_found') return otherwise();
  throw error;
};

/** A GitHub App: proves itself with its key, finds where it is installed, and mints tokens for one repository each. */
export class AppCredentials implements Credentials {
  readonly #own = new RateBudget();
  readonly #budgets = new Map<number, RateBudget>();
  readonly #installations = new Map<string, { readonly found: Installation; readonly at: number }>();
  readonly #tokens = new Map<string, Promise<Held>>();
  #login: string | undefined;

  constructor(
    private readonly client: GithubClient,
    private readonly appId: string,
    private readonly key: KeyObject,
  ) {}

  async write(repo: ForgeRepo, fresh = false): Promise<Access> {
    return this.#access(repo, 'write', fresh);
  }

  async read(repo: ForgeRepo, fresh = false): Promise<Access & { readonly expiresAt: Date }> {
    return this.#access(repo, 'read', fresh);
  }

  async login(): Promise<string> {
    this.#login ??= `${(await this.app()).slug}[bot]`;
    return this.#login;
  }

  async permissions(repo: ForgeRepo): Promise<Readonly<Record<string, string>>> {
    return (await this.#installation(repo, true)).permissions;
  }

  /** The App as the forge knows it. */
  async app(): Promise<{ readonly id: number; readonly slug: string; readonly name: string }> {
    return this.client.call(this.#asApp, 'GET /app', {}, App);
  }

  /** A clock that was wrong until the last answer showed it makes another JWT; one that is right makes the same. */
  readonly #asApp: AccessSource = () =>
    Promise.resolve({ token: appJwt(this.appId, this.key, this.client.forgeNow), budget: this.#own });

  async #access(repo: ForgeRepo, kind: 'read' | 'write', fresh: boolean): Promise<Access & Held> {
    checkRepo(repo);
    const name = `${kind} ${keyOf(repo)}`;
    if (fresh) this.#forget(repo, name);
    const installation = await this.#installation(repo);
    const known = this.#tokens.get(name);
    let held = await known?.catch(() => undefined);
    if (held === undefined || held.expiresAt.getTime() - this.client.now < marginMs) {
      const begun = this.#tokens.get(name);
      // One token for all who ask at the same time.
      const minting = begun === undefined || begun === known ? this.#mint(repo, kind, installation) : begun;
      this.#tokens.set(name, minting);
      held = await minting.catch((error: unknown) => {
        this.#forget(repo, name);
        throw error;
      });
    }
    return { ...held, budget: this.#budgetOf(installation.id) };
  }

  #forget(repo: ForgeRepo, name: string): void {
    this.#tokens.delete(name);
    this.#installations.delete(keyOf(repo));
  }

  #budgetOf(installation: number): RateBudget {
    const budget = this.#budgets.get(installation) ?? new RateBudget();
    this.#budgets.set(installation, budget);
    return budget;
  }

  async #installation(repo: ForgeRepo, fresh = false): Promise<Installation> {
    checkRepo(repo);
    const known = this.#installations.get(keyOf(repo));
    if (!fresh && known !== undefined && this.client.now - known.at < installationFreshMs) return known.found;
    const { owner, name, id } = repo;
    const route = 'GET /repos/{owner}/{repo}/installation';
    const named = () => this.client.call(this.#asApp, route, { owner, repo: name }, Installation);
    const found = await (
      id === undefined
        ? named()
        : this.#installationOfNumber(id).catch((error: unknown) => orElse(error, named))
    ).catch((error: unknown) => {
      if (!(error instanceof GatehouseError) || error.code !== 'forge.not_found') throw error;
      throw new GatehouseError(
        'forge.not_found',
        `The GitHub App is not installed in ${owner}/${name}, or the repository has another name now. Install it there: settings of the App, "Install App".`,
        { cause: error },
      );
    });
    if (typeof found.suspended_at === 'string')
      throw new GatehouseError(
        'forge.forbidden',
        `The installation of the GitHub App for ${owner}/${name} is suspended since ${new Date(found.suspended_at).toISOString()}. Unsuspend it at GitHub: settings of ${owner}, "GitHub Apps".`,
      );
    this.#installations.set(keyOf(repo), { found, at: this.client.now });
    return found;
  }

  /** By the number that a rename or transfer keeps: where GitHub itself sends who asks for a former name. */
  #installationOfNumber(id: number): Promise<Installation> {
    const route = `GET /repositories/${id}/installation` as 'GET /repos/{owner}/{repo}/installation';
    return this.client.call(this.#asApp, route, {} as never, Installation);
  }

  async #mint(
    { owner, name, id }: ForgeRepo,
    kind: 'read' | 'write',
    installation: Installation,
  ): Promise<Held> {
    const permissions =
      kind === 'read'
        ? readPermissions
        : Object.fromEntries(
            Object.entries(writePermissions).filter(
              ([right, level]) =>
                installation.permissions[right] === level || installation.permissions[right] === 'write',
            ),
          );
    try {
      const { token, expires_at } = await this.client.call(
        this.#asApp,
        'POST /app/installations/{installation_id}/access_tokens',
        {
          installation_id: installation.id,
          // Of the number alone: it opens no other that has the name by now.
          ...(id === undefined ? { repositories: [name] } : { repository_ids: [id] }),
          permissions,
        },
        MintedToken,
      );
      // By our clock, by which everybody who gets it looks.
      return { token, expiresAt: new Date(expires_at.getTime() - this.client.skewMs) };
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'forge.invalid') throw error;
      throw new GatehouseError(
        'forge.forbidden',
        `GitHub gives the App no token that may ${kind} ${owner}/${name}: ${error.message} The App needs ${Object.entries(
          kind === 'read' ? readPermissions : writePermissions,
        )
          .map(([right, level]) => `${right} (${level})`)
          .join(', ')}, and the repository has to be among those it is installed in.`,
        { cause: error },
      );
    }
  }
}
