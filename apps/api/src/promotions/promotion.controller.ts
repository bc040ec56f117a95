import {
  Principal,
  type Approval,
  type Lane,
  type Page,
  type Preflight,
  type Promotion,
} from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { LaneView, PromotionPreflight, PromotionService, PromotionView } from '@gatehouse/promotion';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';

@Controller()
export class PromotionController {
  constructor(
    private readonly promotions: PromotionService,
    private readonly view: PromotionView,
    private readonly preflights: PromotionPreflight,
    private readonly laneView: LaneView,
    private readonly changes: Changes,
  ) {}

  @Serves('promotions.list')
  @Can('promotions:read')
  list(@Input() { query }: In<'promotions.list'>, @Caller() caller: Principal): Promise<Page<Promotion>> {
    return this.view.page(query, caller);
  }

  @Serves('promotions.get')
  @Can('promotions:read')
  get(@Input() { params }: In<'promotions.get'>, @Caller() caller: Principal): Promise<Promotion> {
    return this.view.find(params.id, caller);
  }

  @Serves('promotions.preflight')
  @Can('promotions:read')
  preflight(@Input() { params }: In<'promotions.preflight'>): Promise<Preflight> {
    return this.preflights.check(params.id);
  }

  @Serves('lanes.list')
  @Can('promotions:read')
  async lanes(@Input() { query }: In<'lanes.list'>): Promise<{ items: Lane[] }> {
    return { items: await this.laneView.list(query) };
  }

  @Serves('promotions.abort')
  @Can('promotions:operate')
  async abort(
    @Input() { params, body }: In<'promotions.abort'>,
    @Caller() caller: Principal,
  ): Promise<Promotion> {
    await this.changes.run((change) => this.promotions.abort(change, caller, params.id, body.reason));
    return this.view.find(params.id, caller);
  }

  @Serves('promotions.retry')
  @Can('promotions:operate')
  async retry(@Input() { params }: In<'promotions.retry'>, @Caller() caller: Principal): Promise<Promotion> {
    await this.changes.run((change) => this.promotions.retry(change, caller, params.id));
    return this.view.find(params.id, caller);
  }

  @Serves('approvals.answer')
  @Can('promotions:approve')
  async answer(
    @Input() { params, body }: In<'approvals.answer'>,
    @Caller() caller: Principal,
  ): Promise<Promotion> {
    await this.changes.run((change) => this.promotions.answer(change, caller, params.id, body));
    return this.view.find(params.id, caller);
  }

  @Serves('approvals.list')
  @Can('promotions:read')
  async approvals(@Input() { params }: In<'approvals.list'>): Promise<{ items: Approval[] }> {
    return { items: await this.promotions.approvals(params.id) };
  }
}
