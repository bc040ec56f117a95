import type { Page, Promotion, PromotionQuery } from '@gatehouse/contracts';
import { Injectable } from '@nestjs/common';
import { ApprovalRight, type Approver } from './approval/approval.right.js';
import { PromotionsRepository, type PromotionForAll } from './promotion.repository.js';

/** Promotions as the wire shows them to one reader: with what would refuse an answer of theirs. */
@Injectable()
export class PromotionView {
  constructor(
    private readonly rows: PromotionsRepository,
    private readonly right: ApprovalRight,
  ) {}

  async page(query: PromotionQuery, reader: Approver): Promise<Page<Promotion>> {
    const { items, next } = await this.rows.page(query);
    return { items: await this.shownTo(reader, items), next };
  }

  /** Throws `promotion.not_found`. */
  async find(id: string, reader: Approver): Promise<Promotion> {
    const [promotion] = await this.shownTo(reader, await this.rows.toWire([await this.rows.row(id)]));
    return promotion as Promotion;
  }

  private async shownTo(reader: Approver, all: readonly PromotionForAll[]): Promise<Promotion[]> {
    const ids = all.map(({ id }) => id);
    const refusals = await this.right.refusals(reader, ids);
    return all.map((one) => {
      const refusal = refusals.get(one.id);
      const answerRefused = refusal === undefined ? null : { code: refusal.code, message: refusal.message };
      return { ...one, answerRefused };
    });
  }
}
