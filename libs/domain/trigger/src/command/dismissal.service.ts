import { ApprovalWithdrawal } from '@gatehouse/promotion';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { issueUrlOf } from '../firing.service.js';
import { IdentityService } from '../identity.service.js';
import type { Intent } from '../intent.js';
import { handled, ignored, type Asking, type Plan } from '../plan.js';
import { DeliveriesRepository } from '../webhook/delivery.repository.js';
import { causeOf } from './spoken.js';

/** A review that somebody dismissed: what it approved counts no more. */
@Injectable()
export class DismissalService {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly identities: IdentityService,
    private readonly withdrawal: ApprovalWithdrawal,
    private readonly plane: PlaneSettings,
  ) {}

  /** Whoever the forge lets dismiss a review may: it takes something away, and gives nobody anything. */
  async plan(
    { place, actor }: Asking,
    { at, number, isHeard }: Extract<Intent, { kind: 'dismissal' }>,
  ): Promise<Plan> {
    const came = await this.deliveries.outcomeOf(place.row.id, causeOf('review', at.id));
    const { what, promotionId, sessionId, principal } = came ?? {};
    if (what !== 'approve' || promotionId === undefined || principal === undefined)
      return ignored('unchanged');
    const url = issueUrlOf(place, this.plane.settings.GATEHOUSE_GITHUB_URL, number).replace(
      '/issues/',
      '/pull/',
    );
    const message = `${isHeard ? 'Somebody' : actor.login} dismissed the review by which ${principal} approved (${url}${at.anchor}).`;
    const about = { promotionId, principal, ...(sessionId !== undefined && { sessionId }) };
    return {
      ...handled('withdraw', `What ${principal} approved counts no more.`, about),
      apply: async (change) => {
        const by = (isHeard ? undefined : await this.identities.principalOf(actor))?.id ?? 'api';
        const withdrawn = { principal, message, actor: by };
        const isTaken = await this.withdrawal.withdraw(change, promotionId, withdrawn);
        return isTaken ? undefined : ignored('unchanged', about);
      },
    };
  }
}
