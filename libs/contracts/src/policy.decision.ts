import { z } from 'zod';
import { idOf, Instant, Name, Sha256 } from './id.js';
import { PageQuery } from './page.js';
import { PolicyLayer } from './policy.js';
import { PromotionLevel } from './policy.parts.js';
import { PolicyAction, PolicyEffect } from './policy.rule.js';
import { PrincipalKind, Role } from './principal.js';
import { RepositoryName } from './repository.js';
import { text } from './text.js';

/** Who asks, as rules know them. */
export const DecisionSubject = z
  .strictObject({ name: Name, kind: PrincipalKind, roles: z.array(Role).max(7) })
  .meta({ id: 'DecisionSubject' });
export type DecisionSubject = z.infer<typeof DecisionSubject>;

const layer = z.object({ layer: PolicyLayer, name: z.string() }).nullable();
const rule = z
  .string()
  .nullable()
  .describe('Id of the rule, or name of the field, e.g. allowedPaths; null where none speaks');

/** One decision of the policy, as it was made and stored. */
export const PolicyDecision = z
  .object({
    id: idOf('decision'),
    at: Instant,
    sessionId: idOf('session').nullable(),
    repository: z.string().nullable(),
    subject: z.object({ name: z.string(), kind: PrincipalKind, roles: z.array(Role) }).nullable(),
    action: PolicyAction,
    resource: z.string(),
    context: z.object({ tainted: z.boolean(), level: PromotionLevel.nullable() }),
    effect: PolicyEffect,
    rule,
    layer,
    reason: z.string().describe('Why, or why not, in one sentence'),
    policyDigest: Sha256,
  })
  .meta({ id: 'PolicyDecision' });
export type PolicyDecision = z.infer<typeof PolicyDecision>;

export const DecisionQuery = PageQuery.extend({ session: idOf('session').optional() });
export type DecisionQuery = z.infer<typeof DecisionQuery>;

/** What to explain; nothing is done or stored. */
export const ExplainPolicy = z
  .strictObject({
    repository: RepositoryName.optional().describe('Absent: a task without a repository'),
    subject: DecisionSubject.optional().describe('Default: whoever asks'),
    action: PolicyAction,
    resource: text(4096).describe('See the list of actions for what stands here, e.g. a path'),
    context: z
      .strictObject({
        tainted: z.boolean().default(false),
        level: PromotionLevel.optional().describe('At which the job asks to be published'),
        mode: z
          .enum(['symlink', 'gitlink', 'executable'])
          .optional()
          .describe('Of mode.change: what the path becomes; without it only the rules are asked'),
      })
      .prefault({}),
  })
  .meta({ id: 'ExplainPolicy' });
export type ExplainPolicy = z.infer<typeof ExplainPolicy>;

export const PolicyExplanation = z
  .object({
    effect: PolicyEffect,
    rule,
    layer,
    reason: z.string().describe('Why, or why not, in one sentence'),
    policyDigest: Sha256,
    layers: z.array(
      z.object({
        layer: PolicyLayer,
        name: z.string(),
        effect: PolicyEffect.nullable().describe('Null where this layer says nothing on it'),
        rule,
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: 'PolicyExplanation' });
export type PolicyExplanation = z.infer<typeof PolicyExplanation>;
