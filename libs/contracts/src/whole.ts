import { z } from 'zod';

/**
 * A whole number that may come as text (query, environment), written in plain decimal digits only: unlike
 * JavaScript's own reading, an empty text is not 0, and `1e3`, `0x10` and `[5]` are no numbers.
 */
export const whole = (min: number, max = Number.MAX_SAFE_INTEGER) =>
  z.preprocess(
    (value) => (typeof value === 'string' && /^(?:0|[1-9][0-9]{0,15})$/.test(value) ? Number(value) : value),
    z.number({ error: 'expected a whole number' }).int().min(min).max(max),
  );
