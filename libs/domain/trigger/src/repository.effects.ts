import { PullRequestService } from '@gatehouse/promotion';
import { RepositoryMoves } from '@gatehouse/session';
import { Tasks } from '@gatehouse/tasks';
import type { Change } from '@gatehouse/ledger';
import { Injectable } from '@nestjs/common';
import { IdentityService } from './identity.service.js';
import type { Intent } from './intent.js';
import { PlacesRepository } from './place.repository.js';
import { failedResult, handled, ignored, type Place, type Plan } from './plan.js';
import type { AboutRepository } from './webhook/payload.js';

type Access = Extract<Intent, { kind: 'access' }>;

/** What happened to repositories and pull requests at the forge, whoever did it. */
@Injectable()
export class RepositoryEffects {
  constructor(
    private readonly places: PlacesRepository,
    private readonly pulls: PullRequestService,
    private readonly identities: IdentityService,
    private readonly tasks: Tasks,
    private readonly moves: RepositoryMoves,
  ) {}

  fetch({ row }: Place, branch: string): Plan {
    return {
      ...handled('fetch', `The mirror of ${row.name} is brought up to date: ${branch} moved.`),
      apply: async (change) => void (await this.enqueueFetch(change, row.id)),
    };
  }

  async look({ row }: Place, number: number): Promise<Plan> {
    const pull = await this.pulls.rows.byNumber(row.id, number);
    if (pull === undefined) return ignored('pull');
    return {
      ...handled('look', `The forge is asked about pull request ${number}.`, { sessionId: pull.sessionId }),
      apply: async (change) => void (await this.pulls.enqueueLook(change, pull.id)),
    };
  }

  /** What the forge says now counts, not what the delivery said then: an old one may come late. */
  async relocate({ row }: Place, about: AboutRepository): Promise<Plan> {
    const asked = { owner: about.owner.login ?? about.owner.name ?? '', name: about.name };
    const now = await this.identities.reader.repository(asked);
    if (String(now.id) !== String(about.id))
      return failedResult('The forge has another repository under this name by now.');
    if (this.moves.sourceOf(now) === row.source.replace(/\.git$/, '')) return ignored('unchanged');
    return {
      ...handled('moved', `${row.name} is ${now.owner}/${now.name} at the forge now.`),
      apply: async (change) => {
        await this.moves.move(change, row, now);
        await this.enqueueFetch(change, row.id);
        return undefined;
      },
    };
  }

  /** A fetch finds out whether we may read again, and takes the note away. */
  async access({ repositories, account, trouble }: Access): Promise<Plan> {
    const rows = await this.places.reached(repositories, account);
    if (rows.length === 0) return ignored('repository');
    const names = rows.map(({ name }) => name).join(', ');
    return {
      ...handled('access', `${trouble ?? 'Read again'}: ${names}`.slice(0, 1000)),
      apply: async (change) => {
        for (const { id } of rows)
          if (trouble === null) await this.enqueueFetch(change, id);
          else await this.places.update(change.manager, id, { mirrorError: trouble });
        return undefined;
      },
    };
  }

  private async enqueueFetch({ manager }: Change, repositoryId: string): Promise<void> {
    await this.tasks.enqueue(manager, {
      type: 'repository.fetch',
      payload: { repositoryId },
      dedupeKey: `repository.fetch:${repositoryId}`,
    });
  }
}
