import { GatehouseError, isTerminal, pullRequestStates } from '@gatehouse/contracts';
import type { ForgeReader } from '@gatehouse/forge';
import { Changes } from '@gatehouse/ledger';
import { forgeReader, PlaneSettings, RepositoriesRepository, SessionsRepository } from '@gatehouse/session';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { PromotionMover } from '../promotion.mover.js';
import { PullRequestService } from './pull-request.service.js';

const batch = 50;

/**
 * What people did with a pull request is asked of the forge, never believed of a message: a webhook only says that it
 * is time to look, and where none came the poll does.
 */
@Injectable()
export class PullRequestWatch {
  constructor(
    private readonly pulls: PullRequestService,
    private readonly repositories: RepositoriesRepository,
    private readonly sessions: SessionsRepository,
    private readonly changes: Changes,
    private readonly mover: PromotionMover,
    private readonly plane: PlaneSettings,
    @Optional() @Inject(forgeReader) private readonly forge: ForgeReader | undefined,
  ) {}

  /** Task `pull_request.look`. Throws `forge.*` where the forge cannot be asked: it is tried again. */
  async look(pullRequestId: string): Promise<void> {
    const row = await this.pulls.rows.find(pullRequestId);
    if (row === undefined || isTerminal(pullRequestStates, row.state)) return;
    const { source, forgeId, name } = await this.repositories.find(row.repositoryId);
    const repo = this.plane.repoAt(source, forgeId);
    if (this.forge === undefined || repo === null)
      throw new GatehouseError(
        'forge.unauthorized',
        `${name} lies on a forge that is not connected. See gatehouse doctor.`,
      );
    const seen = await this.forge.pull(repo, row.number).catch((error: unknown) => {
      if (error instanceof GatehouseError && error.code === 'forge.not_found') return undefined;
      throw error;
    });
    // The repository is gone, or hidden for now: that says nothing of what people did. The poll asks again.
    if (seen === undefined) return;
    await this.changes.run(async (change) => {
      await this.sessions.lock(change.manager, row.sessionId);
      const now = await this.pulls.rows.find(pullRequestId, change.manager);
      if (now === undefined || isTerminal(pullRequestStates, now.state)) return;
      const ended = await this.pulls.see(change, now, seen, null);
      if (!ended) return;
      await this.mover.enqueueSettle(change, row);
    });
  }

  /** Asks for a look at open ones that nobody looked at for `olderThanMs`. */
  async poll(olderThanMs: number): Promise<void> {
    if (this.forge === undefined) return;
    const { rows } = this.pulls;
    if ((await rows.toLookAt(olderThanMs, batch)).length === 0) return;
    await this.changes.run(async (change) => {
      // Noted when it is asked for: one that cannot be looked at is not asked for at every sweep.
      for (const id of await rows.lookAt(change.manager, olderThanMs, batch))
        await this.pulls.enqueueLook(change, id);
    });
  }
}
