import { z } from 'zod';
import { CandidateId, idOf, ObjectId } from './id.js';

const round = {
  roundId: idOf('laneRound'),
  number: z.number().int().describe('Counts up from 1 within the lane'),
};
const member = { promotionId: idOf('promotion'), candidateId: CandidateId };
const position = z.number().int().describe('In the stack, from 1');
const window = z.number().int().describe('Changes judged on top of one another at most');
const reason = z.strictObject({ code: z.string(), message: z.string() });

/** What happens in lanes beside their promotions; all of it stands in their streams. */
export const laneEvents = {
  'promotion_log.faulted': z.strictObject({
    kind: z.enum(['cut', 'rewritten', 'refused']),
    ref: z.string(),
    expected: ObjectId.nullable().describe('What was written there last; null where nothing was'),
    found: ObjectId.nullable().describe('null where there is no such ref'),
    message: z.string(),
  }),
  'lane.round_began': z.strictObject({
    ...round,
    head: ObjectId.describe('Of the target'),
    window,
    before: z
      .array(idOf('promotion'))
      .describe('What the stack stands on beside the head: published on it, or about to be'),
    members: z
      .array(z.strictObject({ ...member, onto: ObjectId, tree: ObjectId }))
      .describe('In the order of the stack; `onto` is the tree below, `tree` the one with the change'),
    refused: z
      .strictObject({ ...member, reason })
      .nullable()
      .describe('The first that does not go on top of those before it'),
  }),
  'lane.probed': z.strictObject({
    ...round,
    ...member,
    position,
    tree: ObjectId,
    outcome: z.enum(['pass', 'fail', 'inconclusive']),
    attemptId: idOf('attempt').nullable().describe('Null where its own verdict says it already'),
    why: z.string(),
  }),
  'lane.round_ended': z.strictObject({
    ...round,
    outcome: z.enum(['passed', 'failed', 'void']),
    passed: z.array(idOf('promotion')),
    dropped: z.strictObject({ ...member, position, reason }).nullable(),
    probes: z.array(position).describe('Stacks that were judged, by their length, in that order'),
    windowBefore: window,
    windowAfter: window,
    why: z.string().optional().describe('Of a round that says nothing any more'),
  }),
} as const;
