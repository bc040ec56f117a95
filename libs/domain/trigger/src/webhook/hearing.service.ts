import { GatehouseError } from '@gatehouse/contracts';
import type { ForgeComment, ForgePull, ForgeReader, ForgeUser } from '@gatehouse/forge';
import { Changes } from '@gatehouse/ledger';
import { PlaneSettings, RepositoriesRepository, RepositoryMoves } from '@gatehouse/session';
import { Tasks, type TaskContext } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { commandOf } from '../command/command.js';
import { DeliveriesRepository } from './delivery.repository.js';
import { HearingRepository } from './hearing.repository.js';
import { IdentityService } from '../identity.service.js';
import { storable } from '../storable.js';
import { causeOf, dismissalOf } from '../command/spoken.js';
import { toldAtLine, toldComment, toldDismissal, toldReview, type Told, type Where } from './told.payload.js';

const batch = 20;
/** By so much the forge's clock may differ from ours. */
const skewMs = 300_000;
/** Of each kind, as many as a forge is asked for at once. */
const mostComments = 1000;

/** Something that was said; read whole only where nobody told of it. */
interface Found {
  readonly cause: string;
  /** What has to be known already for this to say anything. */
  readonly after?: string;
  tell(): Promise<Told>;
}

interface Span {
  readonly from: Date;
  readonly until: Date;
}

/**
 * What people said at the forge and no delivery told of: a forge does not repeat a delivery that was lost. What is
 * found is stored as a delivery like any other, under an id of its own, and counts as little or as much.
 */
@Injectable()
export class HearingService {
  constructor(
    private readonly rows: HearingRepository,
    private readonly deliveries: DeliveriesRepository,
    private readonly repositories: RepositoriesRepository,
    private readonly identities: IdentityService,
    private readonly changes: Changes,
    private readonly tasks: Tasks,
    private readonly moves: RepositoryMoves,
    private readonly plane: PlaneSettings,
  ) {}

  /** Asks for a look at repositories that were not asked for `GATEHOUSE_FORGE_POLL`. */
  async poll(): Promise<void> {
    if (!this.identities.isConnected) return;
    const due = await this.rows.due(this.plane.settings.GATEHOUSE_FORGE_POLL, batch);
    if (due.length === 0) return;
    await this.changes.run(async ({ manager }) => {
      for (const repositoryId of due)
        await this.tasks.enqueue(manager, {
          type: 'forge.hear',
          payload: { repositoryId },
          dedupeKey: `forge.hear:${repositoryId}`,
        });
    });
  }

  /** Task `forge.hear`. Throws `forge.*` where the forge does not answer: it is tried again. */
  async hear(repositoryId: string, context: TaskContext): Promise<void> {
    const from = await this.rows.ask(repositoryId);
    // A delivery that is only late is left to come.
    const until = new Date(Date.now() - this.plane.settings.GATEHOUSE_FORGE_POLL);
    // What was said before anybody listened was said to nobody.
    const found = from === null ? { all: [], until } : await this.unheard(repositoryId, { from, until });
    const told: (Told & { cause: string })[] = [];
    for (const { cause, tell } of found.all) {
      const one = await tell().catch(unlessGone);
      if (one !== undefined) told.push({ cause, ...one });
    }
    await this.changes.run(async ({ manager }) => {
      for (const { cause, event, payload } of told)
        await this.deliveries.give(manager, {
          ...{ deliveryId: `poll:${repositoryId}:${cause}`, event },
          body: Buffer.from(JSON.stringify(payload)),
        });
      await this.rows.until(manager, repositoryId, found.until);
      await context.complete(manager);
    });
  }

  /** Nothing that was said is known beyond the `until` of the answer. */
  private async unheard(repositoryId: string, { from, until }: Span): Promise<{ all: Found[]; until: Date }> {
    // Under another name by now? And from the first contact on a delivery finds it by its number.
    const row = await this.moves.follow(await this.repositories.find(repositoryId)).catch(unlessReplaced);
    if (row === undefined) return { all: [], until: from };
    const repo = this.plane.repoAt(row.source, row.forgeId);
    if (repo === null) return { all: [], until };
    const { reader } = this.identities;
    const span = { from: new Date(from.getTime() - skewMs), until };
    const id = repo.id ?? (await reader.repository(repo)).id;
    const where = { ...repo, id };
    const said = await reader.commentsSince(where, span.from);
    const found = [
      ...this.comments(reader, where, said, span),
      ...(await this.reviews(repositoryId, reader, where, span)),
    ];
    const known = await this.deliveries.causesKnown(
      repositoryId,
      found.flatMap(({ cause, after }) => (after === undefined ? [cause] : [cause, after])),
    );
    const end = endOf(said);
    return {
      all: found.filter(({ cause, after }) => !known.has(cause) && (after === undefined || known.has(after))),
      // More than a list holds at one moment cannot be told apart: then it is passed over.
      until: end !== undefined && end > from && end < until ? end : until,
    };
  }

  /** Those that begin with a word to us; an edit of an older one is none. */
  private comments(reader: ForgeReader, where: Where, said: readonly ForgeComment[], span: Span): Found[] {
    return said
      .filter((one) => isWord(one, span))
      .map((one) =>
        one.kind === 'issue'
          ? {
              cause: causeOf('comment', one.id),
              tell: async () => toldComment(where, one, await reader.issue(where, one.number)),
            }
          : {
              cause: causeOf('review_comment', one.id),
              tell: async () => toldAtLine(where, one, await reader.pull(where, one.number)),
            },
      );
  }

  private async reviews(
    repositoryId: string,
    reader: ForgeReader,
    where: Where,
    span: Span,
  ): Promise<Found[]> {
    const ours = await this.rows.openPulls(repositoryId);
    if (ours.size === 0) return [];
    const changed = (await reader.pullsUpdatedSince(where, span.from)).filter(({ number }) =>
      ours.has(number),
    );
    const isChanged = new Set(changed.map(({ number }) => number));
    const pulls = [...changed];
    // A review that is dismissed need not change its pull request.
    for (const [number, isApproved] of ours) {
      if (!isApproved || isChanged.has(number)) continue;
      const pull = await reader.pull(where, number).catch(unlessGone);
      if (pull !== undefined) pulls.push(pull);
    }
    const found: Found[] = [];
    for (const pull of pulls) found.push(...(await this.reviewsOf(reader, where, pull, span)));
    return found;
  }

  private async reviewsOf(reader: ForgeReader, where: Where, pull: ForgePull, span: Span): Promise<Found[]> {
    const reviews = (await reader.reviews(where, pull.number)).filter(({ author }) => isPerson(author));
    const given = reviews.filter(({ state, submittedAt }) => {
      const answers = state === 'approved' || state === 'changes_requested';
      return answers && submittedAt !== null && isIn(submittedAt, span);
    });
    // When it was dismissed is not said: of each that we were told of it counts once.
    const dismissed = reviews.filter(({ state }) => state === 'dismissed');
    return [
      ...given.map((review) => ({
        cause: causeOf('review', review.id),
        tell: () => Promise.resolve(toldReview(where, review, pull)),
      })),
      ...dismissed.map((review) => ({
        cause: dismissalOf(review.id),
        after: causeOf('review', review.id),
        tell: () => Promise.resolve(toldDismissal(where, review, pull)),
      })),
    ];
  }
}

/** What the forge no longer shows, nobody says; what it cannot be asked for now is asked for again. */
const unlessGone = (error: unknown): undefined => {
  if (error instanceof GatehouseError && error.code === 'forge.not_found') return undefined;
  throw error;
};

/** What is said where another has its name is not said to us; the repository shows why nothing is heard. */
const unlessReplaced = (error: unknown): undefined => {
  if (error instanceof GatehouseError && error.code === 'forge.replaced') return undefined;
  throw error;
};

/** Up to when a list of what was said is whole; undefined where nothing was cut off. */
const endOf = (said: readonly ForgeComment[]): Date | undefined => {
  const ends = (['issue', 'review'] as const).flatMap((kind) => {
    const ofKind = said.filter((one) => one.kind === kind);
    return ofKind.length < mostComments ? [] : [ofKind.at(-1)!.updatedAt.getTime()];
  });
  return ends.length === 0 ? undefined : new Date(Math.min(...ends));
};

const isIn = (instant: Date, { from, until }: Span): boolean => instant >= from && instant <= until;
const isPerson = ({ id, type }: ForgeUser): boolean => id > 0 && type === 'user';
/** Others may edit a comment, and the forge does not say here who wrote what it holds now: its author is not heard. */
const isAsWritten = ({ createdAt, updatedAt }: ForgeComment): boolean =>
  createdAt.getTime() === updatedAt.getTime();
const isWord = (said: ForgeComment, span: Span): boolean =>
  isPerson(said.author) &&
  isIn(said.createdAt, span) &&
  isAsWritten(said) &&
  commandOf(storable(said.body)) !== undefined;
