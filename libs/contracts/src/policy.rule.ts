import { z } from 'zod';
import { Name } from './id.js';
import { PromotionLevel, ResourceGlob } from './policy.parts.js';
import { text } from './text.js';

/** Everything that rules speak of, and what stands for the resource there. */
export const policyActions = {
  'job.submit': 'name of the repository; empty for a task',
  'agent.use': 'adapter',
  'capability.use': 'kind of sandbox',
  'image.use': 'name of the image',
  'command.run': 'program of the agent, or name of a validation command',
  'path.change': 'path in the repository, either side of the change',
  'mode.change': 'path in the repository whose new side is a symlink, a submodule link or newly executable',
  'promotion.request': 'level and target branch, e.g. branch/main',
  'approval.give': 'name of the repository',
} as const;

export const PolicyAction = z
  .enum(Object.keys(policyActions) as [keyof typeof policyActions, ...(keyof typeof policyActions)[]])
  .meta({ id: 'PolicyAction' });
export type PolicyAction = z.infer<typeof PolicyAction>;

export const PolicyEffect = z.enum(['permit', 'forbid', 'require_approval']).meta({ id: 'PolicyEffect' });
export type PolicyEffect = z.infer<typeof PolicyEffect>;

/** Decided on trees alone (I8), so that equal content gives an equal answer: nobody's name may matter there. */
export const contentActions: readonly PolicyAction[] = ['path.change', 'mode.change'];

const subject = z
  .string()
  .max(200)
  .regex(
    /^(?:\*|kind:(?:user|service|worker|agent)|role:[a-z]+|principal:[a-z0-9][a-z0-9._-]*)$/,
    'expected *, kind:user, role:requester or principal:<name>',
  );

const oneOrMore = { error: 'expected at least one; leave the field out where all are meant' };

/**
 * One rule of a layer. In a layer a forbid that matches forbids; where the layer has a permit for the action at
 * all, one of them must match; a layer without any says nothing on it.
 */
export const PolicyRule = z
  .strictObject({
    id: Name.describe('Tells the rules of one document apart; decisions name it'),
    effect: PolicyEffect,
    actions: z.array(PolicyAction).min(1, oneOrMore).max(20),
    subjects: z.array(subject).min(1, oneOrMore).max(100).optional().describe('Default: everyone'),
    resources: z
      .array(ResourceGlob)
      .min(1, oneOrMore)
      .max(1000)
      .optional()
      .describe('Globs of what the action is done to; default: all'),
    when: z
      .strictObject({
        tainted: z.boolean().optional().describe('Whether the session took untrusted input'),
        levels: z
          .array(PromotionLevel)
          .min(1, oneOrMore)
          .optional()
          .describe('Where the job asks to be published at one of these levels'),
      })
      .optional()
      .describe('The rule holds only there'),
    reason: text(500).optional().describe('Told to whoever the rule stops'),
  })
  .refine(
    ({ actions, subjects, when }) =>
      (subjects === undefined && when === undefined) || !actions.some((act) => contentActions.includes(act)),
    {
      path: ['actions'],
      error: `${contentActions.join(' and ')} are decided on content alone: put them in a rule without subjects and when`,
    },
  )
  .refine(({ effect, actions }) => effect !== 'require_approval' || !actions.includes('approval.give'), {
    path: ['actions'],
    error: 'an approval can be permitted or forbidden, not wait for another approval',
  })
  .meta({ id: 'PolicyRule' });
export type PolicyRule = z.infer<typeof PolicyRule>;

/** Of all rules of one document together. */
const maxResources = 20_000;

export const PolicyRuleList = z
  .array(PolicyRule)
  .max(10_000)
  .superRefine((all, context) => {
    let globs = 0;
    const full = all.findIndex(({ resources = [] }) => (globs += resources.length) > maxResources);
    if (full >= 0)
      context.addIssue({
        code: 'custom',
        path: [full, 'resources'],
        message: `the rules up to this one have more than ${maxResources} resources: name folders instead of single paths`,
      });
    const seen = new Map<string, number>();
    all.forEach(({ id }, i) => {
      const before = seen.get(id);
      if (before === undefined) seen.set(id, i);
      else
        context.addIssue({
          code: 'custom',
          path: [i, 'id'],
          message: `rule ${before} has this id as well: give every rule its own`,
        });
    });
  });
