import type {
  CheckRun,
  DraftPull,
  DraftPullAnswer,
  ForgePull,
  ForgeReader,
  ForgeRepo,
  ForgeWriter,
  GitCredential,
  PreflightLine,
  ReadToken,
} from './forge.js';
import type { GithubClient } from './github.client.js';
import type { Credentials } from './github.credentials.js';
import { replaced } from './github.fault.js';
import { preflight } from './github.preflight.js';
import { GithubPulls } from './github.pull.js';
import { GithubReader } from './github.reader.js';
import { GithubStatus, type Written } from './github.status.js';

/** Everything that is written at GitHub; see ForgeWriter. */
export class GithubWriter implements ForgeWriter {
  readonly reader: ForgeReader;
  readonly #pulls: GithubPulls;
  readonly #status: GithubStatus;

  constructor(
    private readonly client: GithubClient,
    private readonly credentials: Credentials,
  ) {
    this.reader = new GithubReader(client, (repo) => (fresh) => credentials.write(repo, fresh));
    this.#pulls = new GithubPulls(client, credentials, this.reader);
    this.#status = new GithubStatus(client, credentials);
  }

  async readToken(repo: ForgeRepo, { fresh = false } = {}): Promise<ReadToken> {
    const { token, expiresAt } = await this.credentials.read(repo, fresh);
    return { token, expiresAt };
  }

  async gitCredential(repo: ForgeRepo, { fresh = false } = {}): Promise<GitCredential> {
    await this.#sure(repo);
    const { token } = await this.credentials.write(repo, fresh);
    return { username: 'x-access-token', password: token };
  }

  async preflight(
    repo: ForgeRepo,
    plan: { readonly branch: string; readonly target: string },
  ): Promise<readonly PreflightLine[]> {
    await this.#sure(repo);
    const { client, credentials, reader } = this;
    return preflight({ client, credentials, reader }, repo, plan);
  }

  async findPull(repo: ForgeRepo, branch: string): Promise<ForgePull | null> {
    await this.#sure(repo);
    return this.#pulls.findStanding(repo, branch);
  }

  async createDraftPull(repo: ForgeRepo, pull: DraftPull): Promise<DraftPullAnswer> {
    await this.#sure(repo);
    return this.#pulls.createDraft(repo, pull);
  }

  async updatePull(
    repo: ForgeRepo,
    number: number,
    change: { title?: string; body?: string; state?: 'open' | 'closed' },
  ): Promise<ForgePull> {
    await this.#sure(repo);
    return this.#pulls.update(repo, number, change);
  }

  async upsertComment(repo: ForgeRepo, number: number, marker: string, body: string): Promise<Written> {
    await this.#sure(repo);
    return this.#status.upsertComment(repo, number, marker, body);
  }

  async upsertCheckRun(repo: ForgeRepo, run: CheckRun): Promise<Written> {
    await this.#sure(repo);
    return this.#status.upsertCheckRun(repo, run);
  }

  async addLabels(repo: ForgeRepo, number: number, labels: readonly string[]): Promise<void> {
    await this.#sure(repo);
    return this.#status.addLabels(repo, number, labels);
  }

  /** Asked before each write: a name leads to whoever has it now. */
  async #sure(repo: ForgeRepo): Promise<void> {
    if (repo.id === undefined) return;
    const { id } = await this.reader.repository(repo);
    if (id !== repo.id) throw replaced(repo, id);
  }
}
