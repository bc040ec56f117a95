import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { BareRepository } from './bare.repository.js';
import type { Deliveries } from './deliveries.js';
import { installationOf } from './access.js';
import { organizationShape, userShape } from './account.shape.js';
import { fullName, nodeId } from './naming.js';
import { toldRepositoryShape } from './repository.shape.js';
import type { Account, App, Installation, Issue, Permissions, PullIssue } from './world.types.js';
import type { Repository, Role, Token } from './world.types.js';

export const everyPermission: Permissions = {
  metadata: 'read',
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  checks: 'write',
  administration: 'read',
};

export const everyEvent = [
  'issues',
  'issue_comment',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'push',
  'repository',
];

export interface NewRepository {
  owner: string;
  name: string;
  files?: Record<string, string>;
  private?: boolean;
  defaultBranch?: string;
  /** False: a pull request cannot be opened as a draft, as in a private repository of a free plan. */
  drafts?: boolean;
  /** Whether our App is installed on it; true unless said. */
  installed?: boolean;
  /** Who may do what, by login. */
  people?: Record<string, Role>;
}

/** One key for every stand-in of a process: making one takes a good part of a second. */
let keyPair: { publicKey: string; privateKey: string } | null = null;

function appKey() {
  keyPair ??= generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return keyPair;
}

/** Everything the stand-in knows. What changes it and tells of it lives beside the noun it changes. */
export class World {
  readonly accounts = new Map<string, Account>();
  readonly repositories = new Map<number, Repository>();
  /** Names that a repository had before, in lower case. */
  readonly formerNames = new Map<string, number>();
  readonly installations = new Map<number, Installation>();
  readonly tokens = new Map<string, Token>();
  readonly app: App;
  /** Code of an App manifest that was agreed to → what turns it into the App, and the webhook secret. */
  readonly manifests = new Map<string, () => string>();
  clockSkewMs = 0;
  private lastId = 1000;

  constructor(
    readonly urls: { web: string; api: string },
    private readonly dir: string,
    readonly deliveries: Deliveries,
  ) {
    this.app = {
      id: this.nextId(),
      slug: 'gatehouse',
      name: 'Gatehouse',
      privateKeyPem: appKey().privateKey,
      publicKeyPem: appKey().publicKey,
      permissions: { ...everyPermission },
      events: [...everyEvent],
      bot: this.account('gatehouse[bot]', 'Bot'),
      createdAt: this.now(),
    };
    deliveries.appId = this.app.id;
  }

  now(): Date {
    return new Date(Date.now() + this.clockSkewMs);
  }

  nextId(): number {
    return ++this.lastId;
  }

  /** Found by login, or made. */
  account(login: string, type: Account['type'] = 'User'): Account {
    const key = login.toLowerCase();
    const known = this.accounts.get(key);
    if (known) return known;
    const id = this.nextId();
    const made = { id, login, type, email: `${id}+${login}@users.noreply.github.com` };
    this.accounts.set(key, made);
    return made;
  }

  async addRepository(wanted: NewRepository): Promise<Repository> {
    if (this.find(wanted.owner, wanted.name))
      throw new Error(`${wanted.owner}/${wanted.name} exists already; give the repository another name.`);
    const now = this.now();
    const id = this.nextId();
    const defaultBranch = wanted.defaultBranch ?? 'main';
    const owner = this.account(wanted.owner, 'Organization');
    const repository: Repository = {
      id,
      owner,
      name: wanted.name,
      private: wanted.private ?? true,
      archived: false,
      defaultBranch,
      draftsSupported: wanted.drafts ?? true,
      parent: null,
      git: await BareRepository.make(join(this.dir, `${id}.git`), defaultBranch),
      roles: new Map(Object.entries(wanted.people ?? {}).map(([login, role]) => [login.toLowerCase(), role])),
      protections: new Map(),
      rules: [],
      labels: new Map(),
      issues: new Map(),
      comments: new Map(),
      events: [],
      reviews: new Map(),
      reviewComments: new Map(),
      checkRuns: new Map(),
      createdAt: now,
      updatedAt: now,
      pushedAt: now,
    };
    for (const login of Object.keys(wanted.people ?? {})) this.account(login);
    if (wanted.files !== undefined) {
      const by = { name: owner.login, email: owner.email, date: now };
      const commit = await repository.git.commit({
        parents: [],
        files: wanted.files,
        message: 'Initial commit',
        by,
      });
      await repository.git.git(['update-ref', `refs/heads/${defaultBranch}`, commit]);
    }
    this.repositories.set(id, repository);
    if (wanted.installed ?? true) this.install(repository);
    return repository;
  }

  install(repository: Repository): Installation {
    const known = [...this.installations.values()].find((one) => one.account === repository.owner);
    const now = this.now();
    const installation = known ?? {
      id: this.nextId(),
      account: repository.owner,
      permissions: { ...this.app.permissions },
      selection: 'selected' as const,
      repositories: new Set<number>(),
      suspended: null,
      createdAt: now,
      updatedAt: now,
    };
    installation.repositories.add(repository.id);
    this.installations.set(installation.id, installation);
    return installation;
  }

  find(owner: string, name: string): Repository | null {
    const wanted = `${owner}/${name}`.toLowerCase();
    for (const repository of this.repositories.values())
      if (fullName(repository).toLowerCase() === wanted) return repository;
    return null;
  }

  /** The repository that had this name before it was renamed or transferred. */
  findFormer(owner: string, name: string): Repository | null {
    const id = this.formerNames.get(`${owner}/${name}`.toLowerCase());
    return id === undefined ? null : (this.repositories.get(id) ?? null);
  }

  /** `acme/widgets` → the repository; a name nobody made is a mistake of the test. */
  repository(name: string): Repository {
    const [owner = '', repo = ''] = name.split('/');
    const found = this.find(owner, repo) ?? this.findFormer(owner, repo);
    if (!found) throw new Error(`No repository ${name} here; make it with addRepository first.`);
    return found;
  }

  newIssue(
    repository: Repository,
    author: Account,
    viaApp: boolean,
    title: string,
    body: string | null,
  ): Issue {
    const now = this.now();
    const issue: Issue = {
      id: this.nextId(),
      number: repository.issues.size + 1,
      repository,
      title,
      body,
      state: 'open',
      stateReason: null,
      author,
      viaApp,
      labels: [],
      assignees: [],
      createdAt: now,
      updatedAt: now,
      closedAt: null,
      closedBy: null,
      pull: null,
    };
    repository.issues.set(issue.number, issue);
    return issue;
  }

  openPulls(): PullIssue[] {
    const all = [...this.repositories.values()].flatMap((repository) => [...repository.issues.values()]);
    return all.filter((issue): issue is PullIssue => issue.pull !== null && issue.state === 'open');
  }

  /** Sends a webhook for what happened in a repository, where our App is installed and asked for it. */
  tell(event: string, repository: Repository, sender: Account, payload: Record<string, unknown>): void {
    const installation = installationOf(this, repository);
    if (!installation || installation.suspended || !this.app.events.includes(event)) return;
    const { owner } = repository;
    this.deliveries.send(event, {
      ...payload,
      repository: payload.repository ?? toldRepositoryShape(this, repository),
      ...(owner.type === 'Organization' && { organization: organizationShape(this, owner) }),
      sender: userShape(this, sender),
      installation: { id: installation.id, node_id: nodeId('Installation', installation.id) },
    });
  }
}
