import { z } from 'zod';

/**
 * Text that people and machines send: well-formed Unicode without NUL, at most `max` UTF-16 units. Neither
 * Postgres nor canonical JSON can hold anything else, so it has to be refused at the door.
 */
export const text = (max: number, min = 0) =>
  (min > 0 ? z.string().min(min) : z.string())
    .max(max)
    .regex(/^[^\0\p{Cs}]*$/u, 'expected well-formed text without NUL characters');

/** The same for what a worker reports of an agent's doing: a result must not get lost over an odd byte. */
export const mendedText = (max: number) =>
  z
    .string()
    .max(max)
    .transform((value) => value.replace(/\0|\p{Cs}/gu, '\ufffd'));
