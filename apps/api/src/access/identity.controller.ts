import { Principal, type ForgeIdentity } from '@gatehouse/contracts';
import { Changes } from '@gatehouse/ledger';
import { AccessService } from '@gatehouse/policy';
import { IdentityService } from '@gatehouse/trigger';
import { Controller } from '@nestjs/common';
import type { In } from '../http/route.table.js';
import { Caller, Can, Input, Serves } from '../http/serves.js';

@Controller()
export class IdentityController {
  constructor(
    private readonly access: AccessService,
    private readonly identities: IdentityService,
    private readonly changes: Changes,
  ) {}

  @Serves('identities.list')
  @Can('principals:read')
  async list(@Input() { params }: In<'identities.list'>): Promise<{ items: ForgeIdentity[] }> {
    const { id } = await this.access.principal(params.id);
    return { items: await this.identities.rows.ofPrincipal(id) };
  }

  @Serves('identities.link')
  @Can('principals:write')
  link(
    @Input() { params, body }: In<'identities.link'>,
    @Caller() caller: Principal,
  ): Promise<ForgeIdentity> {
    return this.changes.run(async (change) => {
      const principal = await this.access.principal(params.id, change.manager);
      return this.identities.link(change, principal, body, caller.id);
    });
  }
}
