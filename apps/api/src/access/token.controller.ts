import { Principal, type CreatedToken, type Page, type Token } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { AccessService } from '@gatehouse/policy';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';

@Controller()
export class TokenController {
  constructor(
    private readonly access: AccessService,
    private readonly changes: Changes,
  ) {}

  @Serves('tokens.list')
  @Can('principals:read')
  list(@Input() { query }: In<'tokens.list'>): Promise<Page<Token>> {
    return this.access.listTokens(query);
  }

  @Serves('tokens.create')
  @Can('principals:write')
  create(@Input() { body }: In<'tokens.create'>, @Caller() caller: Principal): Promise<CreatedToken> {
    return this.changes.run((change) => this.access.issueToken(change, body, caller.id));
  }

  @Serves('tokens.revoke')
  @Can('principals:write')
  revoke(@Input() { params }: In<'tokens.revoke'>, @Caller() caller: Principal): Promise<Token> {
    return this.changes.run((change) => this.access.revokeToken(change, params.id, caller.id));
  }
}
