import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { planeRoles, type PlaneRole } from '@gatehouse/database';
import { SourceBroker } from '@gatehouse/git';
import { asUser, findBoundary, type Boundary, type FoundBoundary } from '../boundary/boundary.js';
import { forgetShares, moveLedger, openPassage, shareData } from '../boundary/data.layout.js';
import type { PrivateView } from '../boundary/private.view.js';
import { lendTokens, takeTokens } from '../boundary/token.copies.js';
import type { Installation } from '../installation.js';
import type { Role } from './environment.js';
import { checkForgeSocket, forgeCopies } from './forge.files.js';
import { runFolder, writeSecret } from './secret.file.js';

/** Longest path that fits a socket address. */
const socketPathLimit = 103;

const isPlaneRole = (role: Role): role is PlaneRole => (planeRoles as readonly string[]).includes(role);

/** What the processes of one plane get so that each reaches its own part only. */
export class Separation {
  readonly kind: Boundary;
  readonly #installation: Installation;
  readonly #view: PrivateView | undefined;
  readonly #broker: SourceBroker | undefined;

  private constructor(installation: Installation, found: FoundBoundary, broker: SourceBroker | undefined) {
    this.#installation = installation;
    this.kind = found.kind;
    this.#view = found.view;
    this.#broker = broker;
  }

  /** Lays out the data folder and, where processes have users of their own, opens the broker for them. */
  static async open(installation: Installation, onError: (error: unknown) => void): Promise<Separation> {
    const { data, paths } = installation;
    checkForgeSocket(installation);
    moveLedger(data);
    if (process.getuid?.() === 0) openPassage(data);
    const found = await findBoundary(installation);
    const { kind } = found;
    if (kind.kind === 'process') {
      forgetShares(data);
      return new Separation(installation, found, undefined);
    }
    shareData(data, kind.identities);
    lendTokens(paths.credentials, join(data, 'api'), kind.identities.api);
    const broker = new SourceBroker({ policy: { roots: rootsOf(installation) }, onError });
    const separation = new Separation(installation, found, broker);
    for (const role of planeRoles)
      await broker.listen({
        socketPath: separation.#socketOf(role),
        owner: kind.identities[role],
        services: role === 'promoter' ? ['upload-pack', 'receive-pack'] : ['upload-pack'],
      });
    return separation;
  }

  /** One line for the person who waits. */
  get words(): string {
    if (this.kind.kind === 'process')
      return process.getuid?.() === 0
        ? `All processes run as root: ${this.kind.reason}`
        : 'All processes run as one user';
    const { behind = [], identities } = this.kind;
    const { api, engine, promoter } = identities;
    const view = behind.length > 0 ? `; of ${behind.join(' and ')} they see only what they need` : '';
    return `api, engine and promoter run as users ${api.uid}, ${engine.uid} and ${promoter.uid}${view}`;
  }

  /** Writes a file that one process alone can read. */
  hand(path: string, text: string, role: PlaneRole): void {
    writeSecret(path, text, this.kind.kind === 'users' ? this.kind.identities[role] : undefined);
  }

  /** Workers stay root: they make a user for every lease, and speak to Docker. */
  prefixOf(role: Role, port: number): readonly string[] {
    if (this.kind.kind === 'process' || !isPlaneRole(role)) return [];
    const { identities } = this.kind;
    const mayBind = role === 'api' && port < 1024;
    return [...(this.#view?.words ?? []), ...asUser(identities[role], identities.planeGid, { mayBind })];
  }

  environmentOf(role: Role): Record<string, string> {
    if (this.kind.kind === 'process' || !isPlaneRole(role)) return {};
    return {
      GATEHOUSE_GIT_BROKER: this.#socketOf(role),
      GATEHOUSE_REPOSITORY_ROOTS: configuredRoots(this.#installation).join(':'),
      ...forgeCopies(role, this.#installation, (path, text) => this.hand(path, text, role)),
      ...(role === 'api' && {
        GATEHOUSE_BOOTSTRAP_DIR: join(this.#installation.data, 'api'),
        ...this.#tls(),
      }),
    };
  }

  /** The api has made the first tokens: from here on root's copies are what people and workers read. */
  afterStart(row: readonly Role[]): void {
    if (this.kind.kind === 'process' || !row.includes('api')) return;
    const { data, paths } = this.#installation;
    takeTokens(paths.credentials, join(data, 'api'), this.kind.identities.api);
  }

  async close(): Promise<void> {
    this.#view?.close();
    await this.#broker?.close();
  }

  #socketOf(role: PlaneRole): string {
    const { data } = this.#installation;
    const path = join(runFolder(data, role), 'git.sock');
    if (Buffer.byteLength(path) <= socketPathLimit) return path;
    // Supervisors of a data folder lock it, so that its first number names it on this machine well enough.
    const first = this.kind.kind === 'users' ? this.kind.identities.api.uid : 0;
    return `/run/gatehouse-${first}/${role}/git.sock`;
  }

  /** Copies for the api: the key of TLS is root's, as a rule. */
  #tls(): Record<string, string> {
    const { data, settings } = this.#installation;
    const copies = { GATEHOUSE_TLS_CERT: 'tls.cert', GATEHOUSE_TLS_KEY: 'tls.key' } as const;
    const made: Record<string, string> = {};
    for (const [name, file] of Object.entries(copies)) {
      const from = settings[name as keyof typeof copies];
      if (from === undefined || !existsSync(from)) continue;
      made[name] = join(data, 'api', file);
      this.hand(made[name], readFileSync(from, 'utf8'), 'api');
    }
    return made;
  }
}

const configuredRoots = ({ settings }: Installation): string[] => {
  const roots = settings.GATEHOUSE_REPOSITORY_ROOTS.split(':').filter((root) => root !== '');
  return roots.length > 0 ? roots : [homedir()];
};

/** The folders below which the broker serves repositories: what the settings say, and the demo's. */
const rootsOf = (installation: Installation): string[] => [
  ...configuredRoots(installation),
  join(installation.data, 'demo'),
];
