import { GatehouseError, installationStream, RepositoryName } from '@gatehouse/contracts';
import type { ForgeReader, ForgeRepo, ForgeRepository } from '@gatehouse/forge';
import { Changes, type Change } from '@gatehouse/ledger';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { PlaneSettings } from './plane.settings.js';
import type { RepositoryEntity } from './repository.entity.js';
import { RepositoriesRepository } from './repository.repository.js';

/** What reads at the forge. */
export const forgeReader = Symbol('ForgeReader');

const fullNameOf = ({ owner, name }: ForgeRepo): string => `${owner}/${name}`;
const isCode = (error: unknown, code: string): boolean =>
  error instanceof GatehouseError && error.code === code;

/** Follows repositories that were renamed or transferred at the forge, by the number that they keep. */
@Injectable()
export class RepositoryMoves {
  constructor(
    private readonly rows: RepositoriesRepository,
    private readonly changes: Changes,
    private readonly plane: PlaneSettings,
    @Optional() @Inject(forgeReader) private readonly forge: ForgeReader | undefined,
  ) {}

  /** The forge's number of what has this address now; null where it lies elsewhere or the forge does not say now. */
  async numberAt(source: string): Promise<string | null> {
    const repo = this.plane.repoAt(source);
    if (repo === null || this.forge === undefined) return null;
    const found = await this.forge.repository(repo).catch(() => undefined);
    return found === undefined ? null : String(found.id);
  }

  /**
   * The row as the forge has the repository now, its number noted at the first contact. A forge that cannot be asked
   * changes nothing. Throws `forge.replaced` where another one has its name and it is not to be seen any more.
   */
  async follow(row: RepositoryEntity): Promise<RepositoryEntity> {
    const repo = row.forge === null ? null : this.plane.repoAt(row.source, row.forgeId);
    if (repo === null) return row;
    const now = await this.seen(repo).catch(async (error: unknown) => {
      if (error instanceof GatehouseError)
        await this.rows.update(undefined, row.id, { mirrorError: error.message });
      throw error;
    });
    if (now === undefined) return row;
    if (row.forgeId === null) await this.rows.update(undefined, row.id, { forgeId: String(now.id) });
    if (fullNameOf(now).toLowerCase() !== fullNameOf(repo).toLowerCase())
      await this.changes.run((change) => this.move(change, row, now));
    return this.rows.find(row.id);
  }

  /** Notes its new address. One that was registered under its full name has the new one then, where that is free. */
  async move(change: Change, row: RepositoryEntity, now: ForgeRepository): Promise<void> {
    const before = this.plane.repoAt(row.source);
    const source = this.sourceOf(now);
    const name = fullNameOf(now);
    const follows =
      before !== null &&
      row.name.toLowerCase() === fullNameOf(before).toLowerCase() &&
      RepositoryName.safeParse(name).success &&
      (await this.rows.isFree(change.manager, name));
    await this.rows.update(change.manager, row.id, {
      // What stood against its old address says nothing of the new one.
      ...{ source, forgeId: String(now.id), mirrorError: null },
      ...(follows && { name }),
    });
    change.record({
      streamId: installationStream,
      type: 'repository.moved',
      actor: 'engine',
      payload: { repositoryId: row.id, name: follows ? name : row.name, from: row.source, to: source },
    });
  }

  sourceOf(repo: ForgeRepo): string {
    return `${this.plane.settings.GATEHOUSE_GITHUB_URL}/${fullNameOf(repo)}`;
  }

  private async seen(repo: ForgeRepo): Promise<ForgeRepository | undefined> {
    const { forge } = this;
    if (forge === undefined) return undefined;
    const { id } = repo;
    const named = await forge.repository(repo).catch((error: unknown) => {
      if (isCode(error, 'forge.not_found')) return null;
      return undefined;
    });
    if (named === undefined || id === undefined || named?.id === id) return named ?? undefined;
    const numbered = await forge.repositoryOfNumber({ ...repo, id }).catch(() => undefined);
    if (numbered !== undefined || named === null) return numbered;
    throw new GatehouseError(
      'forge.replaced',
      `${fullNameOf(repo)} is another repository at the forge by now (its number is ${named.id}; ours is ${id}), and ours is not to be seen any more. Nothing is read from it or published to it. Install the App where ours went to, and it is followed; where it was deleted and the new one is meant, register that under another name: gatehouse repo add.`,
    );
  }
}
