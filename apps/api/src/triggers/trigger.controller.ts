import { Principal, type Page, type Trigger, type TriggerState } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { TriggerService } from '@gatehouse/trigger';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';

@Controller()
export class TriggerController {
  constructor(
    private readonly triggers: TriggerService,
    private readonly changes: Changes,
  ) {}

  @Serves('triggers.list')
  @Can('repositories:read')
  list(@Input() { query }: In<'triggers.list'>): Promise<Page<Trigger>> {
    return this.triggers.rows.page(query);
  }

  @Serves('triggers.put')
  @Can('repositories:write')
  async put(@Input() { body, query }: In<'triggers.put'>, @Caller() caller: Principal): Promise<Trigger> {
    if (query.check === 'true') return this.triggers.check(body, caller);
    const row = await this.triggers.prepare(body);
    return this.changes.run((change) => this.triggers.put(change, { document: body, row }, caller));
  }

  @Serves('triggers.get')
  @Can('repositories:read')
  get(@Input() { params }: In<'triggers.get'>): Promise<Trigger> {
    return this.triggers.rows.find(params.id);
  }

  @Serves('triggers.pause')
  @Can('repositories:write')
  pause(@Input() { params }: In<'triggers.pause'>, @Caller() caller: Principal): Promise<Trigger> {
    return this.move(params.id, 'paused', caller);
  }

  @Serves('triggers.resume')
  @Can('repositories:write')
  resume(@Input() { params }: In<'triggers.resume'>, @Caller() caller: Principal): Promise<Trigger> {
    return this.move(params.id, 'active', caller);
  }

  @Serves('triggers.delete')
  @Can('repositories:write')
  remove(@Input() { params }: In<'triggers.delete'>, @Caller() caller: Principal): Promise<Trigger> {
    return this.move(params.id, 'deleted', caller);
  }

  private move(id: string, to: TriggerState, caller: Principal): Promise<Trigger> {
    return this.changes.run((change) => this.triggers.move(change, id, to, caller));
  }
}
