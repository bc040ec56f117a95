import { toWorker, WorkersRepository, WorkerService } from '@gatehouse/capability';
import { Principal, type Page, type Worker } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';

@Controller()
export class WorkerController {
  constructor(
    private readonly workers: WorkerService,
    private readonly rows: WorkersRepository,
    private readonly changes: Changes,
  ) {}

  @Serves('workers.list')
  @Can('workers:read')
  list(@Input() { query }: In<'workers.list'>): Promise<Page<Worker>> {
    return this.rows.page(query);
  }

  @Serves('workers.change')
  @Can('workers:operate')
  change(@Input() { params, body }: In<'workers.change'>, @Caller() caller: Principal): Promise<Worker> {
    return this.changes.run(async (change) => {
      await this.workers.change(change, params.id, body, caller);
      const leases = await this.rows.activeLeases([params.id], change.manager);
      return toWorker(await this.rows.find(params.id, change.manager), leases.get(params.id) ?? 0);
    });
  }
}
