import { z } from 'zod';
import { CandidateId, idOf, Instant } from './id.js';
import { PolicyDocument, PolicyLayer } from './policy.js';

/** One thing that is odd about a policy document, beside the active layers. */
export const PolicyLint = z
  .object({
    severity: z
      .enum(['error', 'warning'])
      .describe(
        'error: nothing would pass, or it cannot be activated; warning: it does not do what it seems to',
      ),
    code: z.string().describe('Stable reason code, e.g. lint.unknown_gate'),
    field: z.string().describe('Place in the document, e.g. spec.allowedPaths[2]'),
    message: z.string(),
    fix: z.string(),
  })
  .meta({ id: 'PolicyLint' });
export type PolicyLint = z.infer<typeof PolicyLint>;

export const maxReplayed = 10_000;

const last = z
  .number()
  .int()
  .min(1)
  .max(maxReplayed)
  .default(1000)
  .describe('How many decisions and how many verdicts to look at again, newest first');

/** A document that would stand in place of its layer, or an earlier set that would come back. */
export const SimulatePolicy = z
  .union([
    z.strictObject({ document: PolicyDocument, last }),
    z.strictObject({ policySet: idOf('policySet'), last }),
  ])
  .meta({ id: 'SimulatePolicy' });
export type SimulatePolicy = z.infer<typeof SimulatePolicy>;

export const PolicyFlip = z
  .object({
    kind: z.enum(['decision', 'verdict']),
    id: z.string().describe('Of the decision or verdict'),
    at: Instant,
    sessionId: idOf('session').nullable(),
    candidateId: CandidateId.nullable(),
    repository: z.string().nullable(),
    what: z.string().describe('What was decided on, e.g. agent.use command'),
    was: z.string().describe('Of a decision its effect; of a verdict its outcome, or pass_with_approval'),
    would: z.string().describe('As `was`; undetermined where what is kept does not suffice to say'),
    rule: z.string().nullable().describe('The rule, field or gate that makes the difference'),
    layer: z.object({ layer: PolicyLayer, name: z.string() }).nullable(),
    reason: z.string(),
  })
  .meta({ id: 'PolicyFlip' });
export type PolicyFlip = z.infer<typeof PolicyFlip>;

export const PolicySimulation = z
  .object({
    examined: z.object({ decisions: z.number().int(), verdicts: z.number().int() }),
    flipped: z.number().int().describe('Of those examined; more than are listed where there are very many'),
    undetermined: z.number().int(),
    flips: z.array(PolicyFlip).describe('Newest first, up to 1000 of each kind; undetermined ones too'),
    complete: z.boolean().describe('False: time ran out before all were looked at'),
  })
  .meta({ id: 'PolicySimulation' });
export type PolicySimulation = z.infer<typeof PolicySimulation>;
