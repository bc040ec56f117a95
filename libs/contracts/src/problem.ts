import { z } from 'zod';
import { errorCodes, type ErrorCode } from './error.js';

/** RFC 9457 problem document: the body of every answer that is not a success. */
export const Problem = z
  .object({
    type: z.string().describe('URI reference of the error code in the docs'),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).describe('Stable; branch on this'),
    detail: z.string().describe('What happened and what to do next'),
    instance: z.string().optional().describe('Id of the request, as in the logs'),
    errors: z
      .array(
        z.object({
          path: z.string(),
          message: z.string(),
          rule: z.string().optional().describe('Id of the policy rule that refuses it'),
          layer: z.string().optional().describe('Policy layer of that rule, e.g. repository widgets'),
        }),
      )
      .optional()
      .describe('The invalid or refused fields, with their place'),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;
