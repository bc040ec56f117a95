import { z } from 'zod';
import { idOf, Instant, Name, Sha256 } from './id.js';
import { JobSpec } from './job.js';
import { pageOf, PageQuery } from './page.js';
import { PromotionLevel } from './policy.parts.js';
import { RepositoryName } from './repository.js';
import { stateTable } from './state.js';
import { text } from './text.js';

export const triggerStates = stateTable({
  initial: 'active',
  states: {
    active: { summary: 'Fires', to: ['paused', 'deleted'] },
    paused: { summary: 'Does not fire', to: ['active', 'deleted'] },
    deleted: { summary: 'Gone; what it made stays', to: [] },
  },
});
export type TriggerState = keyof typeof triggerStates.states;

/** What has to happen at the forge. */
export const TriggerOn = z.union([
  z.strictObject({ label: text(50, 1).describe('An issue gets this label') }),
  z.strictObject({
    command: z.enum(['run']).describe('Somebody writes /gatehouse run under an issue'),
  }),
]);
export type TriggerOn = z.infer<typeof TriggerOn>;

const job = JobSpec.shape.spec;

/** A JobSpec's spec without what the issue gives: repository, base, goal and inputs. */
export const TriggerJob = job
  .omit({ repository: true, base: true, goal: true, inputs: true, promotion: true })
  .extend({
    promotion: z
      .strictObject({
        ...job.shape.promotion.unwrap().shape,
        level: PromotionLevel.default('draft_pr'),
      })
      .prefault({}),
  });

/** A document that says what makes a job by itself, and who may. */
export const TriggerDocument = z
  .strictObject({
    apiVersion: z.literal('gatehouse.dev/v1'),
    kind: z.literal('Trigger'),
    metadata: z.strictObject({ name: Name.max(60) }),
    spec: z.strictObject({
      repository: RepositoryName.describe('A registered repository that lies on the connected forge'),
      on: TriggerOn,
      who: z
        .strictObject({
          permission: z
            .enum(['triage', 'write', 'maintain', 'admin'])
            .default('write')
            .describe('What whoever sets it off may do in the repository, asked of the forge as it fires'),
          unknown: z
            .enum(['create', 'refuse'])
            .default('create')
            .describe('An account that is linked to no principal: make one that may request jobs, or refuse'),
        })
        .prefault({}),
      job: TriggerJob,
    }),
  })
  .meta({ id: 'TriggerDocument' });
export type TriggerDocument = z.infer<typeof TriggerDocument>;

export const Trigger = z
  .object({
    id: idOf('trigger'),
    name: Name,
    repository: RepositoryName,
    version: z.number().int().describe('Counts up within the name'),
    digest: Sha256.describe('Of the canonical document'),
    state: z.enum(Object.keys(triggerStates.states) as [TriggerState, ...TriggerState[]]),
    document: TriggerDocument,
    createdBy: idOf('principal'),
    createdAt: Instant,
  })
  .meta({ id: 'Trigger' });
export type Trigger = z.infer<typeof Trigger>;

export const TriggerPage = pageOf(Trigger);

export const TriggerQuery = PageQuery.extend({
  repository: RepositoryName.optional(),
});
export type TriggerQuery = z.infer<typeof TriggerQuery>;
