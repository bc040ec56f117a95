import type { ForgeRepo } from '@gatehouse/forge';
import { PlaneSettings, RepositoryEntity } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import type { AboutRepository } from './webhook/payload.js';
import { isSameRepo, type Place } from './plan.js';

/** Registered repositories by what the forge calls them. */
@Injectable()
export class PlacesRepository {
  constructor(
    private readonly dataSource: DataSource,
    private readonly plane: PlaneSettings,
  ) {}

  /** By the number that a rename keeps; by owner and name where the number is not known yet. */
  async find({ id, name, owner }: AboutRepository): Promise<Place | undefined> {
    const rows = await this.dataSource.manager.find(RepositoryEntity, {
      where: [
        { forge: 'github', forgeId: String(id) },
        { forge: 'github', forgeId: IsNull() },
      ],
      order: { forgeId: { direction: 'ASC', nulls: 'LAST' }, id: 'ASC' },
    });
    const told = { owner: owner.login ?? owner.name ?? '', name };
    for (const row of rows) {
      const repo = this.repoOf(row);
      if (repo !== null && (row.forgeId !== null || isSameRepo(repo, told))) return { row, repo };
    }
    return undefined;
  }

  repoOf({ source, forgeId }: RepositoryEntity): ForgeRepo | null {
    return this.plane.repoAt(source, forgeId);
  }

  /** Those with one of these numbers, and all of an account where it is named. */
  async reached(forgeIds: readonly string[], account: string | null): Promise<RepositoryEntity[]> {
    const rows = await this.dataSource.manager.findBy(RepositoryEntity, { forge: 'github' });
    return rows.filter((row) => {
      if (row.forgeId !== null && forgeIds.includes(row.forgeId)) return true;
      return account !== null && this.repoOf(row)?.owner.toLowerCase() === account.toLowerCase();
    });
  }

  async update(manager: Transaction, id: string, changes: Partial<RepositoryEntity>): Promise<void> {
    await manager.update(RepositoryEntity, { id }, changes);
  }
}
