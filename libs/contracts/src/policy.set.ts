import { z } from 'zod';
import { idOf, Instant, Sha256 } from './id.js';
import { PolicyLayer } from './policy.js';
import { text } from './text.js';

/** One policy version as part of a set. */
export const PolicySetMember = z
  .object({
    policyId: idOf('policy'),
    layer: PolicyLayer,
    repository: z.string().nullable(),
    scope: z.string().nullish().describe('Owner of repositories, or kind of capability'),
    name: z.string(),
    version: z.number().int(),
    digest: Sha256.describe('Digest of its rules'),
  })
  .meta({ id: 'PolicySetMember' });
export type PolicySetMember = z.infer<typeof PolicySetMember>;

/**
 * All policy versions that are active together. A set never changes: whatever is activated or restored makes the
 * next one. Without a member of the installation layer, the built-in default policy stands there.
 */
export const PolicySet = z
  .object({
    id: idOf('policySet'),
    number: z.number().int().positive().describe('Counts up by one'),
    digest: Sha256.describe('Digest of what its members say; equal sets have equal digests'),
    members: z.array(PolicySetMember),
    active: z.boolean().describe('The newest set; its members are what counts'),
    activatedBy: idOf('principal').nullable().describe('Null for the set that an installation began with'),
    reason: z.string(),
    restores: idOf('policySet').nullable().describe('The set that this one brought back'),
    createdAt: Instant,
  })
  .meta({ id: 'PolicySet' });
export type PolicySet = z.infer<typeof PolicySet>;

const reason = text(500).default('').describe('Why, for those who read it later');

/** Either stored versions to put in place of the active ones of their layers, or an earlier set to go back to. */
export const CreatePolicySet = z
  .union([
    z.strictObject({ policies: z.array(idOf('policy')).min(1).max(100), reason }),
    z.strictObject({ restore: idOf('policySet'), reason }),
  ])
  .meta({ id: 'CreatePolicySet' });
export type CreatePolicySet = z.infer<typeof CreatePolicySet>;
