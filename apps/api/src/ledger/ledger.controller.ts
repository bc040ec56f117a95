import type { LedgerEvent, VerifyReport } from '@gatehouse/contracts';
import { LedgerService } from '@gatehouse/ledger';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Can, Input, Serves } from '../http/serves.js';

@Controller()
export class LedgerController {
  constructor(private readonly ledger: LedgerService) {}

  @Serves('ledger.events')
  @Can('ledger:read')
  events(@Input() { params, query }: In<'ledger.events'>): Promise<{ items: LedgerEvent[]; next: number }> {
    return this.ledger.readPage(params.id, query);
  }

  @Serves('ledger.verify')
  @Can('ledger:read')
  verify(@Input() { query }: In<'ledger.verify'>): Promise<VerifyReport> {
    return query.stream === undefined
      ? this.ledger.verifyInstallation()
      : this.ledger.verifyStream(query.stream);
  }
}
