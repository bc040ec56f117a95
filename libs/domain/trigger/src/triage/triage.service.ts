import { Injectable } from '@nestjs/common';
import { DeliveriesRepository } from '../webhook/delivery.repository.js';
import { IdentityService } from '../identity.service.js';
import type { Intent, IssueSnapshot } from '../intent.js';
import { handled, ignored, type Asking, type Plan } from '../plan.js';
import { triage } from './triage.js';
import { triageText } from './triage.text.js';

const triageLabel = 'gatehouse:triage';
const lookedThrough = 200;

/** Says under an issue what it looks like; runs nothing. */
@Injectable()
export class TriageService {
  constructor(
    private readonly identities: IdentityService,
    private readonly deliveries: DeliveriesRepository,
  ) {}

  listensTo(label: string): boolean {
    return label.toLowerCase() === triageLabel;
  }

  async ofCommand(asking: Asking, said: Extract<Intent, { kind: 'command' }>): Promise<Plan> {
    return said.issue === null ? ignored('command') : this.propose(asking, said.issue);
  }

  ofLabel(asking: Asking, issue: IssueSnapshot): Promise<Plan> {
    return this.propose(asking, issue);
  }

  private async propose(asking: Asking, issue: IssueSnapshot): Promise<Plan> {
    const { place, actor } = asking;
    if (!(await this.identities.may(place, actor, 'triage'))) return ignored('actor');
    const proposal = triage(issue, await this.deliveries.recentIssues(place.row.id, lookedThrough));
    return {
      ...handled('triage', `It looks like ${proposal.type}, priority ${proposal.priority}.`),
      // One for an issue, edited in place.
      reply: { number: issue.number, marker: 'triage', body: triageText(proposal) },
    };
  }
}
