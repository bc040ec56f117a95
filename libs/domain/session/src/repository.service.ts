import { GatehouseError, installationStream, type AddRepository } from '@gatehouse/contracts';
import type { ForgeTokens } from '@gatehouse/forge';
import {
  GitRunner,
  locateSource,
  Mirror,
  parseSource,
  unreachable,
  type LocatedSource,
  type RepositorySource,
} from '@gatehouse/git';
import type { Change } from '@gatehouse/ledger';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { newId } from './new-id.js';
import { PlaneSettings } from './plane.settings.js';
import { RepositoryEntity } from './repository.entity.js';
import { RepositoryMoves } from './repository.moves.js';
import { RepositoriesRepository } from './repository.repository.js';
import type { Caller } from './session.js';

export interface PinnedBase {
  readonly commit: string;
  readonly tree: string;
}

/** What hands out tokens that may read one repository of the forge; nothing where no forge is connected. */
export const forgeTokens = Symbol('ForgeTokens');

/** Registered repositories and their mirrors. */
@Injectable()
export class RepositoryService {
  /** Repositories whose last token git could not use. */
  readonly #refused = new Set<string>();

  constructor(
    readonly rows: RepositoriesRepository,
    private readonly git: GitRunner,
    private readonly plane: PlaneSettings,
    @Optional() @Inject(forgeTokens) private readonly tokens?: ForgeTokens,
    @Optional() private readonly moves?: RepositoryMoves,
  ) {}

  /** Where a registered repository leads now; read with what opens its number alone. Throws `repository.url_refused`. */
  async locate(source: string, forgeId: string | null = null): Promise<LocatedSource> {
    const parsed = parseSource(source, this.plane.sourcePolicy);
    if (!parsed.ok) throw new GatehouseError('repository.url_refused', parsed.reason);
    const located = await locateSource(parsed.source, this.plane.sourcePolicy);
    if (!located.ok) throw new GatehouseError('repository.url_refused', located.reason);
    return { ...located.located, ...this.credentialOf(parsed.source, forgeId) };
  }

  private credentialOf(
    source: RepositorySource,
    forgeId: string | null,
  ): Pick<LocatedSource, 'credential' | 'credentialRefused'> {
    const { tokens, plane } = this;
    if (tokens === undefined || source.kind === 'path' || plane.forgeOf(source) === null) return {};
    const repo = plane.repoAt(source.url, forgeId);
    if (repo === null) return {};
    const key = `${repo.owner}/${repo.name}`;
    return {
      credential: async () => ({
        username: 'x-access-token',
        password: (await tokens.readToken(repo, { fresh: this.#refused.delete(key) })).token,
      }),
      credentialRefused: () => void this.#refused.add(key),
    };
  }

  mirror(repositoryId: string): Mirror {
    return new Mirror(this.git, this.plane.mirrorDir(repositoryId));
  }

  /** Checks and reads the source, before anything is written. Throws `repository.url_refused`, `repository.unreachable`. */
  async prepare(input: AddRepository): Promise<RepositoryEntity> {
    const parsed = parseSource(input.source, this.plane.sourcePolicy);
    if (!parsed.ok) throw new GatehouseError('repository.url_refused', parsed.reason);
    const located = await this.locate(input.source);
    const row: RepositoryEntity = Object.assign(new RepositoryEntity(), {
      id: newId('repository'),
      name: input.name,
      source: input.source,
      sourceKind: parsed.source.kind,
      forge: this.plane.forgeOf(parsed.source),
      forgeId: null,
      mode: input.mode,
      defaultBranch: null as string | null,
      mirrorFetchedAt: null,
      mirrorWarnings: [] as string[],
      mirrorError: null,
    });
    try {
      const mirror = this.mirror(row.id);
      await mirror.ensure();
      const fetched = await mirror.fetch(located);
      if (!fetched.ok) throw new GatehouseError('repository.unreachable', fetched.message);
      row.mirrorWarnings = [...fetched.warnings];
      row.defaultBranch = (await mirror.defaultBranch(located)) ?? null;
      if (row.forge !== null) row.forgeId = (await this.moves?.numberAt(row.source)) ?? null;
      return row;
    } catch (error) {
      await this.discard(row.id);
      throw error;
    }
  }

  /** Removes the mirror of a repository that was prepared and not added. */
  async discard(id: string): Promise<void> {
    await rm(this.plane.mirrorDir(id), { recursive: true, force: true });
  }

  /** Throws `repository.exists`. */
  async add(change: Change, row: RepositoryEntity, caller: Caller): Promise<void> {
    await this.rows.insert(change.manager, { ...row, mirrorFetchedAt: (() => 'now()') as never });
    change.record({
      streamId: installationStream,
      type: 'repository.added',
      actor: caller.id,
      payload: { repositoryId: row.id, name: row.name, source: row.source, mode: row.mode },
    });
  }

  async setMode(change: Change, id: string, mode: RepositoryEntity['mode'], caller: Caller): Promise<void> {
    const row = await this.rows.find(id, change.manager);
    if (row.mode === mode) return;
    await this.rows.update(change.manager, id, { mode });
    change.record({
      streamId: installationStream,
      type: 'repository.changed',
      actor: caller.id,
      payload: { repositoryId: id, name: row.name, from: row.mode, to: mode },
    });
  }

  /**
   * Brings the mirror up to date and notes how that went. Throws `repository.unreachable`, and `git.unavailable` where
   * its host does not answer, which says nothing of the repository.
   */
  async refresh(id: string): Promise<void> {
    const row = await this.follow(await this.rows.find(id));
    const located = await this.locate(row.source, row.forgeId);
    const mirror = this.mirror(id);
    await mirror.ensure();
    const fetched = await mirror.fetch(located);
    if (!fetched.ok) {
      await this.rows.update(undefined, id, { mirrorError: fetched.message });
      if (fetched.reason === 'source.silent') throw unreachable(fetched.reason, fetched.message);
      throw new GatehouseError('repository.unreachable', fetched.message);
    }
    await this.rows.update(undefined, id, {
      mirrorError: null,
      mirrorWarnings: fetched.warnings,
      defaultBranch: (await mirror.defaultBranch(located)) ?? null,
      mirrorFetchedAt: () => 'now()',
    });
  }

  private async follow(row: RepositoryEntity): Promise<RepositoryEntity> {
    try {
      return (await this.moves?.follow(row)) ?? row;
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'forge.replaced') throw error;
      throw new GatehouseError('repository.unreachable', error.message, { cause: error });
    }
  }

  /** The commit that a ref names in the mirror as it is; undefined where it names none. */
  async pin(row: RepositoryEntity, ref: string): Promise<PinnedBase | undefined> {
    const name = ref === 'HEAD' ? row.defaultBranch : ref;
    return name === null ? undefined : this.mirror(row.id).pin(name);
  }

  /** The branch a change is meant for: what was asked, else the base where it is a branch, else the default one. */
  async targetOf(row: RepositoryEntity, asked: string | undefined, base: string): Promise<string | null> {
    const branches = (await this.mirror(row.id).headBranches()).map(({ name }) => name);
    const short = (name: string): string => name.replace(/^refs\/heads\//, '');
    const known = new Set(branches.map(short));
    if (asked !== undefined) return known.has(short(asked)) ? short(asked) : null;
    return known.has(short(base)) ? short(base) : row.defaultBranch;
  }
}
