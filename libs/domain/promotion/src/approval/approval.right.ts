import {
  GatehouseError,
  type EffectivePolicy,
  type ErrorCode,
  type PrincipalKind,
  type Role,
} from '@gatehouse/contracts';
import { decide, mayDo, PolicyService, rawPathOfText, type Effective } from '@gatehouse/policy';
import type { Caller } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { AskedAnswersRepository, type AskedAnswer } from './asked.answer.repository.js';

export interface Approver extends Caller {
  readonly kind: PrincipalKind;
  readonly roles: readonly Role[];
}

/** Why an answer is not taken. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details?: Record<string, unknown>;
}

/** Who may answer where an approval is needed. */
@Injectable()
export class ApprovalRight {
  constructor(
    private readonly asked: AskedAnswersRepository,
    private readonly policies: PolicyService,
  ) {}

  /** Throws `approval.own_work`, `auth.forbidden`, `approval.not_waiting`, `approval.already_given`, `policy.denied`. */
  async check(caller: Approver, promotionId: string, manager: Transaction): Promise<void> {
    const refusal = (await this.refusals(caller, [promotionId], manager)).get(promotionId);
    if (refusal === undefined) return;
    throw new GatehouseError(refusal.code, refusal.message, refusal);
  }

  /** Of those promotions that take no answer of this caller now, why; the others are left out. */
  async refusals(
    caller: Approver,
    promotionIds: readonly string[],
    manager?: Transaction,
  ): Promise<ReadonlyMap<string, Refusal>> {
    const found = new Map<string, Refusal>();
    const policies = new Map<string, Promise<Rules>>();
    for (const about of await this.asked.of(caller.id, promotionIds, manager)) {
      const key = JSON.stringify([about.repositoryId, about.verdictPolicyDigest]);
      const rules = () => {
        const known = policies.get(key) ?? this.rules(about, manager);
        policies.set(key, known);
        return known;
      };
      const refusal = ineligible(caller, about) ?? unasked(about) ?? ruledOut(caller, about, await rules());
      if (refusal !== null) found.set(about.id, refusal);
    }
    return found;
  }

  private async rules(about: AskedAnswer, manager?: Transaction): Promise<Rules> {
    const bound = await this.policies.byDigest(about.verdictPolicyDigest ?? '', manager);
    return { bound, now: await this.policies.effectiveOf(about.repositoryId, manager) };
  }
}

/** What the verdict is bound to holds the job's own layer; a rule may have joined since. */
interface Rules {
  readonly bound: EffectivePolicy | undefined;
  readonly now: Effective;
}

/** Nobody approves their own work, and what is not a person never approves (I7). */
const ineligible = (caller: Approver, about: AskedAnswer): Refusal | null => {
  if (caller.kind === 'agent' || caller.kind === 'worker')
    return {
      code: 'approval.own_work',
      message: 'An agent or a worker never answers for a job. Ask a person who is an approver.',
    };
  if (about.isOwn)
    return {
      code: 'approval.own_work',
      message:
        'You asked for this job, under this name or another, and nobody approves their own work. Ask another approver.',
    };
  const may = mayDo({ kind: caller.kind, roles: caller.roles, disabled: false }, 'promotions:approve');
  return may.allowed ? null : { code: 'auth.forbidden', message: may.reason };
};

const unasked = ({ id, state, hasAnswered }: AskedAnswer): Refusal | null => {
  if (state !== 'awaiting_approval')
    return {
      code: 'approval.not_waiting',
      message: `Promotion ${id} is ${state}; nobody is asked any more.`,
    };
  return hasAnswered ? alreadyGiven : null;
};

export const alreadyGiven = {
  code: 'approval.already_given',
  message: 'You have answered already. An answer counts until it runs out.',
} as const satisfies Refusal;

const ruledOut = (caller: Approver, about: AskedAnswer, { bound, now }: Rules): Refusal | null => {
  if (!now.ok) return { code: 'policy.denied', message: now.message };
  const { name, kind, roles } = caller;
  const ask = {
    subject: { name, kind, roles },
    action: 'approval.give',
    resource: rawPathOfText(about.repository),
    context: { tainted: false, level: about.level },
  } as const;
  for (const policy of bound === undefined ? [now.policy] : [bound, now.policy]) {
    const { effect, reason, rule, layer } = decide(policy, ask);
    if (effect !== 'forbid') continue;
    const where = {
      ...(rule !== null && { rule }),
      ...(layer !== null && { layer: `${layer.layer} ${layer.name}` }),
    };
    const details = { errors: [{ path: 'answer', message: reason, ...where }] };
    return { code: 'policy.denied', message: reason, details };
  }
  return null;
};
