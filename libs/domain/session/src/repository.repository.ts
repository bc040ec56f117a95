import { GatehouseError, type Page, type PageQuery } from '@gatehouse/contracts';
import { isUniqueViolation } from '@gatehouse/database';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { pageOfRows, pageWhere } from './keyset.repository.js';
import { RepositoryEntity } from './repository.entity.js';

@Injectable()
export class RepositoriesRepository {
  constructor(private readonly dataSource: DataSource) {}

  /** Throws `repository.exists`. */
  async insert(manager: Transaction, row: Partial<RepositoryEntity>): Promise<void> {
    try {
      await manager.insert(RepositoryEntity, row as RepositoryEntity);
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      throw new GatehouseError(
        'repository.exists',
        `A repository named ${row.name} is registered. Choose another name.`,
      );
    }
  }

  async find(id: string, manager: Transaction = this.dataSource.manager): Promise<RepositoryEntity> {
    const row = await manager.findOneBy(RepositoryEntity, { id });
    if (!row) throw new GatehouseError('repository.not_found', `There is no repository ${id}.`);
    return row;
  }

  /** False where another repository has the name. */
  async isFree(manager: Transaction, name: string): Promise<boolean> {
    return !(await manager.existsBy(RepositoryEntity, { name }));
  }

  findByName(name: string): Promise<RepositoryEntity | null> {
    return this.dataSource.manager.findOneBy(RepositoryEntity, { name });
  }

  async page(query: PageQuery): Promise<Page<RepositoryEntity>> {
    const rows = await this.dataSource.manager.find(RepositoryEntity, {
      where: pageWhere(query, 'rep'),
      order: { id: 'DESC' },
      take: query.limit + 1,
    });
    return pageOfRows(rows, query.limit);
  }

  async update(manager: Transaction | undefined, id: string, changes: object): Promise<void> {
    await (manager ?? this.dataSource.manager).update(RepositoryEntity, { id }, changes as never);
  }
}
