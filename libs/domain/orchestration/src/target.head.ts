import { GatehouseError } from '@gatehouse/contracts';
import type { PromotionEntity } from '@gatehouse/promotion';
import { RepositoriesRepository, RepositoryService } from '@gatehouse/session';
import type { Onto } from '@gatehouse/validation';
import { Injectable } from '@nestjs/common';

/** Where the branches are that changes are meant for, as their source says now. */
@Injectable()
export class TargetHead {
  constructor(
    private readonly repositories: RepositoriesRepository,
    private readonly sources: RepositoryService,
  ) {}

  /**
   * Undefined where there is no such branch. Throws `git.failed` or `git.unavailable` where the repository cannot be
   * read now: the task is tried again.
   */
  async of({
    repositoryId,
    target,
  }: Pick<PromotionEntity, 'repositoryId' | 'target'>): Promise<Onto | undefined> {
    try {
      await this.sources.refresh(repositoryId);
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.code !== 'repository.unreachable') throw error;
      throw new GatehouseError('git.failed', error.message, { cause: error });
    }
    return this.sources.pin(await this.repositories.find(repositoryId), `refs/heads/${target}`);
  }
}
