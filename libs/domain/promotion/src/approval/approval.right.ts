import { GatehouseError, type PrincipalKind, type PromotionLevel, type Role } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { AccessService, decide, mayDo, PolicyService, rawPathOfText } from '@gatehouse/policy';
import type { Caller } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';

export interface Approver extends Caller {
  readonly kind: PrincipalKind;
  readonly roles: readonly Role[];
}

interface About {
  readonly requestedBy: string;
  readonly repositoryId: string;
  /** Its name. */
  readonly repository: string;
  readonly level: PromotionLevel;
  readonly verdictPolicyDigest: string | null;
}

/** Who may answer where an approval is needed. */
@Injectable()
export class ApprovalRight {
  constructor(
    private readonly policies: PolicyService,
    private readonly access: AccessService,
  ) {}

  /** Throws `approval.own_work`, `auth.forbidden`, `policy.denied`. */
  async check({ manager }: Change, caller: Approver, about: About): Promise<void> {
    refuseIneligible(caller, await this.access.areOne(caller.id, about.requestedBy, manager));
    const bound = await this.policies.byDigest(about.verdictPolicyDigest ?? '', manager);
    const now = await this.policies.effectiveOf(about.repositoryId, manager);
    if (!now.ok) throw new GatehouseError('policy.denied', now.message);
    const { name, kind, roles } = caller;
    const ask = {
      subject: { name, kind, roles },
      action: 'approval.give',
      resource: rawPathOfText(about.repository),
      context: { tainted: false, level: about.level },
    } as const;
    // What the verdict is bound to holds the job's own layer; a rule may have joined since.
    for (const policy of bound === undefined ? [now.policy] : [bound, now.policy]) {
      const { effect, reason, rule, layer } = decide(policy, ask);
      if (effect !== 'forbid') continue;
      const where = {
        ...(rule !== null && { rule }),
        ...(layer !== null && { layer: `${layer.layer} ${layer.name}` }),
      };
      throw new GatehouseError('policy.denied', reason, {
        details: { errors: [{ path: 'answer', message: reason, ...where }] },
      });
    }
  }
}

/** Nobody approves their own work, and what is not a person never approves (I7). */
const refuseIneligible = (caller: Approver, hasAsked: boolean): void => {
  if (hasAsked || caller.kind === 'agent' || caller.kind === 'worker')
    throw new GatehouseError(
      'approval.own_work',
      'Whoever asked for a job, under this name or another, an agent or a worker cannot answer for it. Ask another approver.',
    );
  const may = mayDo({ kind: caller.kind, roles: caller.roles, disabled: false }, 'promotions:approve');
  if (!may.allowed) throw new GatehouseError('auth.forbidden', may.reason);
};
