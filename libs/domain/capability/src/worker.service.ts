import { GatehouseError, installationStream, type RegisterWorker } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import type { Caller } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { WorkersRepository } from './worker.repository.js';

@Injectable()
export class WorkerService {
  constructor(readonly rows: WorkersRepository) {}

  /** Answers the worker's id. Throws `auth.forbidden` where the name is another principal's or of another zone. */
  async register(change: Change, caller: Caller, worker: RegisterWorker): Promise<string> {
    const known = await this.rows.register(change.manager, caller.id, worker);
    if (!known)
      throw new GatehouseError(
        'auth.forbidden',
        `The worker name ${worker.name} belongs to another principal or zone. Choose another name.`,
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

  async setState(
    change: Change,
    id: string,
    state: 'ready' | 'draining' | 'cordoned',
    caller: Caller,
  ): Promise<void> {
    const row = await this.rows.find(id, change.manager);
    await this.rows.setState(change.manager, id, state);
    change.record({
      streamId: installationStream,
      type: 'worker.changed',
      actor: caller.id,
      payload: { workerId: id, name: row.name, from: row.state, to: state },
    });
  }
}
