import {
  GatehouseError,
  installationStream,
  type ChangeWorker,
  type Principal,
  type RegisterWorker,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { SessionsRepository, type Caller } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { whyWaits, zoneFor, type Wanted } from './waiting.js';
import { WorkersRepository } from './worker.repository.js';

/** What the plane knows of its own workers: they run on its machine. */
const ownLabels = { os: process.platform, arch: process.arch } as const;

@Injectable()
export class WorkerService {
  constructor(
    readonly rows: WorkersRepository,
    private readonly sessions: SessionsRepository,
  ) {}

  /** Answers the worker's id. Throws `auth.forbidden` where the name is another principal's, or the zone not its own. */
  async register(
    change: Change,
    caller: Caller & Pick<Principal, 'zone'>,
    worker: RegisterWorker,
  ): Promise<string> {
    if (caller.zone !== worker.zone)
      throw new GatehouseError(
        'auth.forbidden',
        caller.zone === undefined
          ? `${caller.name} is no worker's principal. Make one with gatehouse principal create --kind worker --zone ${worker.zone}.`
          : `${caller.name} is made for zone ${caller.zone} and cannot register in zone ${worker.zone}. ` +
              `Make another principal with gatehouse principal create --kind worker --zone ${worker.zone}.`,
      );
    const known = await this.rows.register(change.manager, caller.id, worker, ownLabels);
    if (!known)
      throw new GatehouseError(
        'auth.forbidden',
        `The worker name ${worker.name} belongs to another principal. Choose another name.`,
      );
    if (known.first)
      change.record({
        streamId: installationStream,
        type: 'worker.registered',
        actor: caller.id,
        payload: { workerId: known.id, name: worker.name, zone: worker.zone },
      });
    return known.id;
  }

  /** Drains, cordons, resumes or labels. Throws `worker.not_found`. */
  async change(change: Change, id: string, { state, labels }: ChangeWorker, caller: Caller): Promise<void> {
    const row = await this.rows.find(id, change.manager);
    const kept = labels && (await this.rows.isEmbedded(id, change.manager)) ? ownLabels : {};
    const set = { ...(state && { state }), ...(labels && { labels: { ...labels, ...kept } }) };
    await this.rows.change(change.manager, id, set);
    change.record({
      streamId: installationStream,
      type: 'worker.changed',
      actor: caller.id,
      payload: {
        workerId: id,
        name: row.name,
        from: row.state,
        to: state ?? row.state,
        ...(set.labels && { labels: set.labels }),
      },
    });
  }

  /** The same of a session: of its attempt that is queued, if there is one. */
  async whySessionWaits(sessionId: string): Promise<{ code: string; message: string } | undefined> {
    const queued = (await this.sessions.attemptsOf(sessionId)).find(({ state }) => state === 'queued');
    return queued && this.whyWaits(queued);
  }

  /** Why this attempt cannot be taken by anyone who is there; undefined where it only waits for its turn. */
  async whyWaits(attempt: Wanted): Promise<{ code: string; message: string } | undefined> {
    return whyWaits(attempt, await this.rows.inZone(zoneFor[attempt.purpose]));
  }
}
