import { laneStream, type GatehouseError } from '@gatehouse/contracts';
import { GitRunner, logRefOf, openQuarantine, publishLog, readRemoteRef, unreachable } from '@gatehouse/git';
import type { LocatedSource, PublishAnswer, RemoteRef } from '@gatehouse/git';
import { Changes } from '@gatehouse/ledger';
import type { TaskContext } from '@gatehouse/tasks';
import { PlaneSettings, RepositoriesRepository, RepositoryService } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { logCommit } from './promotion-log.commit.js';
import { PromotionLogsRepository } from './promotion-log.repository.js';
import type { LogFault, LogLane, LogState } from './promotion-log.repository.js';
import { PullRequestPublisher } from '../pull-request/pull-request.publisher.js';

/** Entries sent at once; more than this lack only where a whole log is put back. */
const atOnce = 500;
/** Somebody else may write in between, as we do ourselves when a task runs twice. */
const tries = 50;

const told: Readonly<Record<LogFault['kind'], (ref: string, more: string) => string>> = {
  cut: (ref) =>
    `${ref} lacks entries that were there. They are put back. Find out who may write below refs/gatehouse/ and cut them away.`,
  rewritten: (ref, found) =>
    `${ref} is at ${found}, which this plane did not write. It is left as it is, and nothing is added to it. Find out who wrote it, keep a copy, and delete the ref: it is then put back from the database.`,
  refused: (ref, why) =>
    `The repository does not take ${ref}. Let Gatehouse write refs/gatehouse/log/*. ${why}`,
};

/** Puts the log of a lane into its repository. What is there is only ever added to: of anything else people are told. */
@Injectable()
export class PromotionLogExporter {
  constructor(
    private readonly rows: PromotionLogsRepository,
    private readonly repositories: RepositoriesRepository,
    private readonly sources: RepositoryService,
    private readonly pullRequests: PullRequestPublisher,
    private readonly plane: PlaneSettings,
    private readonly git: GitRunner,
    private readonly changes: Changes,
  ) {}

  /**
   * Task `promotion_log.export`. Throws `git.failed` or `git.unavailable` where the repository cannot be reached now:
   * it is tried again.
   */
  async run(lane: LogLane, context: Pick<TaskContext, 'complete'>): Promise<void> {
    try {
      await this.export(lane, context);
    } catch (error) {
      // Else the sweep would ask for it again at once, before all others. What went wrong is what is told.
      await this.rows.looked(lane).catch(() => undefined);
      throw error;
    }
  }

  private async export(lane: LogLane, context: Pick<TaskContext, 'complete'>): Promise<void> {
    const ref = logRefOf(laneStream(lane.repositoryId, lane.target));
    const repository = await this.repositories.find(lane.repositoryId);
    const source = await this.sources.locate(repository.source, repository.forgeId);
    const located = this.pullRequests.withCredential(source, {
      ...repository,
      repository: repository.name,
    });
    let written: RemoteRef | undefined;
    for (let left = tries; left > 0; left -= 1) {
      const state = await this.rows.look(lane);
      if (state === undefined) return;
      // What was written was read back a moment ago.
      const remote = written ?? (await readRemoteRef(this.git, located, ref));
      if (!remote.ok) throw notNow(remote.message, remote.reason);
      const found = remote.oid === undefined ? 0 : await this.rows.seqOf(lane, remote.oid);
      if (found === undefined) {
        return this.tell(lane, state, 'rewritten', ref, remote.oid ?? null, context);
      }
      if (found < state.exportedSeq) await this.tell(lane, state, 'cut', ref, remote.oid ?? null);
      if (found === state.lastSeq) {
        // One transaction: noted without being done, it would be looked at again, and the other way round not at all.
        return this.changes.run(async ({ manager }) => {
          await this.rows.exported(manager, lane, found);
          await context.complete(manager);
        });
      }
      const upTo = Math.min(found + atOnce, state.lastSeq);
      const answer = await this.append(lane, located, { ref, before: remote }, found, upTo);
      written = answer.ok ? { ok: true, oid: answer.commit } : undefined;
      if (answer.ok || answer.reason === 'ref.moved') continue;
      if (answer.reason !== 'ref.rejected') throw notNow(answer.message, answer.reason);
      return this.tell(lane, state, 'refused', ref, remote.oid ?? null, context, answer.message);
    }
    throw notNow(`${ref} is written by others all the time.`);
  }

  private async append(
    lane: LogLane,
    located: LocatedSource,
    { ref, before }: { readonly ref: string; readonly before: RemoteRef },
    after: number,
    upTo: number,
  ): Promise<PublishAnswer> {
    // The entry before the first one that is made names its parent.
    const rows = await this.rows.entries(lane, after - 1, upTo);
    const made = rows.map((row) => ({
      seq: row.seq,
      commit: logCommit(row, rows.find(({ seq }) => seq === row.seq - 1)?.commit ?? null),
    }));
    const mirror = this.sources.mirror(lane.repositoryId);
    await mirror.ensure();
    const quarantine = await openQuarantine(this.plane.quarantineDir, mirror.gitDir);
    try {
      return await publishLog(this.git, located, quarantine.gitDir, {
        ...{ ref, before },
        under: made.find(({ seq }) => seq === after)?.commit,
        entries: made.filter(({ seq }) => seq > after).map(({ commit }) => commit),
      });
    } finally {
      await quarantine.remove();
    }
  }

  private async tell(
    lane: LogLane,
    { exportedCommit: expected }: LogState,
    kind: LogFault['kind'],
    ref: string,
    found: string | null,
    /** Of a task that is done with it. */
    context?: Pick<TaskContext, 'complete'>,
    why = found ?? 'nothing',
  ): Promise<void> {
    const message = told[kind](ref, why);
    await this.changes.run(async (change) => {
      const at = (await this.rows.now(change.manager)).toISOString();
      const isNew = await this.rows.fault(change.manager, lane, { kind, found, message, at, isOpen: true });
      if (isNew) {
        const streamId = laneStream(lane.repositoryId, lane.target);
        const payload = { kind, ref, expected, found, message };
        change.record({ streamId, type: 'promotion_log.faulted', actor: 'promoter', payload });
      }
      await this.rows.looked(lane, change.manager);
      await context?.complete(change.manager);
    });
  }
}

const notNow = (message: string, reason: string = 'source.unreachable'): GatehouseError =>
  unreachable(reason, `The promotion log cannot be written now. ${message}`);
