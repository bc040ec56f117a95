import { errorCodes, type ErrorCode } from '@gatehouse/contracts';
import { z } from 'zod';

/** What goes over the promoter's socket. */
export const Wanted = z.strictObject({
  owner: z.string().max(100),
  name: z.string().max(100),
  /** Number at the forge: the token is for that one, whatever has the name. */
  id: z.int().positive().optional(),
  fresh: z.boolean().default(false),
});

export const Given = z.object({ token: z.string().min(1), expiresAt: z.iso.datetime().nullable() });

export const Refused = z.object({
  code: z.custom<ErrorCode>((code) => typeof code === 'string' && Object.hasOwn(errorCodes, code)),
  message: z.string(),
  retryAfterMs: z.number(),
});
export type Refused = z.output<typeof Refused>;
