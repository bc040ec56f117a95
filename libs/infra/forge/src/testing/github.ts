import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { installationOf } from './access.js';
import { Deliveries } from './deliveries.js';
import { Faults } from './faults.js';
import * as ownership from './ownership.js';
import { Person } from './people.js';
import { isPull } from './pull.shape.js';
import { RateLimits } from './rate.limits.js';
import { serve, type Received } from './server.js';
import { installationToken, personalToken } from './tokens.js';
import type { Installation, Issue, Permissions, Protection, PullIssue, Repository } from './world.types.js';
import type { Account, App, Role, Rule } from './world.types.js';
import { World, type NewRepository } from './world.js';

export interface GitHubOptions {
  /** Where the bare repositories live; made when missing, never removed. */
  dir: string;
  /** A free one unless said. */
  port?: number;
  /** Where webhooks go, and what signs them; both can be set later. */
  webhooks?: { url: string; secret: string };
}

/** A running stand-in for GitHub. */
export class GitHub {
  readonly faults = new Faults();
  readonly limits: RateLimits;
  /** Every call that came in, in order. */
  readonly requests: Received[] = [];
  private readonly server: ReturnType<typeof serve>;

  constructor(
    readonly world: World,
    readonly webhooks: Deliveries,
  ) {
    this.limits = new RateLimits(world);
    this.server = serve({ world, faults: this.faults, limits: this.limits, requests: this.requests });
  }

  get url(): string {
    return this.world.urls.web;
  }

  get apiUrl(): string {
    return this.world.urls.api;
  }

  get app(): App {
    return this.world.app;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    const { port: taken } = this.server.address() as AddressInfo;
    this.world.urls.web = `http://127.0.0.1:${taken}`;
    this.world.urls.api = `${this.world.urls.web}/api/v3`;
  }

  async close(): Promise<void> {
    await this.webhooks.settled();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  addRepository(wanted: NewRepository): Promise<Repository> {
    return this.world.addRepository(wanted);
  }

  /** A person, organization or bot, with a role in each repository named. */
  addUser(
    login: string,
    wanted: { type?: Account['type']; permissions?: Record<string, Role> } = {},
  ): Account {
    const account = this.world.account(login, wanted.type);
    for (const [repo, role] of Object.entries(wanted.permissions ?? {}))
      this.world.repository(repo).roles.set(login.toLowerCase(), role);
    return account;
  }

  /** What a person does on GitHub's pages. */
  as(login: string): Person {
    return new Person(this.world, this.world.account(login));
  }

  repository(repo: string): Repository {
    return this.world.repository(repo);
  }

  issue(repo: string, number: number): Issue {
    const found = this.world.repository(repo).issues.get(number);
    if (!found) throw new Error(`${repo} has no issue ${number}.`);
    return found;
  }

  pull(repo: string, number: number): PullIssue {
    const issue = this.issue(repo, number);
    if (!isPull(issue)) throw new Error(`${repo}#${number} is no pull request.`);
    return issue;
  }

  pulls(repo: string): PullIssue[] {
    return [...this.world.repository(repo).issues.values()].filter(isPull);
  }

  /** Branch → commit. */
  async branches(repo: string): Promise<Map<string, string>> {
    const refs = await this.world.repository(repo).git.refs();
    const heads = [...refs].filter(([ref]) => ref.startsWith('refs/heads/'));
    return new Map(heads.map(([ref, sha]) => [ref.slice('refs/heads/'.length), sha]));
  }

  protect(repo: string, branch: string, protection: Protection): void {
    this.world.repository(repo).protections.set(branch, protection);
  }

  addRule(repo: string, rule: Rule): void {
    this.world.repository(repo).rules.push(rule);
  }

  installation(repo: string): Installation {
    const found = installationOf(this.world, this.world.repository(repo));
    if (!found) throw new Error(`The App is not installed on ${repo}.`);
    return found;
  }

  /** A token as the App would get it, without asking for it. */
  installationToken(repo: string, permissions?: Permissions): string {
    return installationToken(this.world, this.installation(repo), { permissions }).value;
  }

  /** A person's token: fine-grained where permissions are named (and repositories), else classic. */
  personalToken(login: string, wanted: { permissions?: Permissions; repositories?: string[] } = {}): string {
    const repositories = wanted.repositories?.map((repo) => this.world.repository(repo));
    return personalToken(this.world, this.world.account(login), { ...wanted, repositories }).value;
  }

  revokeToken(token: string): void {
    this.world.tokens.delete(token);
  }

  /** Every token of the installation at once, as after a leak. */
  revokeInstallationTokens(repo: string): void {
    const installation = this.installation(repo);
    for (const token of this.world.tokens.values())
      if (token.installation === installation) this.world.tokens.delete(token.value);
  }

  renameRepository(repo: string, name: string, by = 'admin'): void {
    ownership.renameRepository(this.world, this.repository(repo), this.world.account(by), name);
  }

  transferRepository(repo: string, to: string, wanted: { by?: string; installed?: boolean } = {}): void {
    const by = this.world.account(wanted.by ?? 'admin');
    ownership.transferRepository(this.world, this.repository(repo), by, to, wanted.installed ?? true);
  }

  archiveRepository(repo: string, by = 'admin'): void {
    ownership.archiveRepository(this.world, this.repository(repo), this.world.account(by));
  }

  deleteRepository(repo: string, by = 'admin'): void {
    ownership.deleteRepository(this.world, this.repository(repo), this.world.account(by));
  }

  fork(repo: string, by: string): Promise<Repository> {
    return ownership.forkRepository(this.world, this.repository(repo), this.world.account(by));
  }

  suspendInstallation(repo: string, by = 'admin'): void {
    ownership.suspendInstallation(this.world, this.installation(repo), this.world.account(by));
  }

  unsuspendInstallation(repo: string, by = 'admin'): void {
    ownership.unsuspendInstallation(this.world, this.installation(repo), this.world.account(by));
  }

  deleteInstallation(repo: string, by = 'admin'): void {
    ownership.deleteInstallation(this.world, this.installation(repo), this.world.account(by));
  }

  ping(): void {
    ownership.ping(this.world);
  }

  /** GitHub's clock against ours: tokens age and JWTs are judged by it. */
  skewClock(ms: number): void {
    this.world.clockSkewMs = ms;
  }
}

/** Starts a stand-in for GitHub: its REST API, git over HTTP, and webhooks. */
export async function startGitHub(options: GitHubOptions): Promise<GitHub> {
  await mkdir(options.dir, { recursive: true });
  const deliveries = new Deliveries();
  deliveries.url = options.webhooks?.url ?? null;
  deliveries.secret = options.webhooks?.secret ?? null;
  const hub = new GitHub(new World({ web: '', api: '' }, options.dir, deliveries), deliveries);
  await hub.listen(options.port ?? 0);
  return hub;
}
