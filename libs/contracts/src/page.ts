import { z } from 'zod';
import { whole } from './whole.js';
import { text } from './text.js';

/** Every list: newest first, keyset cursor, at most 200 rows a page. */
export const PageQuery = z.strictObject({
  limit: whole(1, 200).default(50).describe('Rows a page, 1 to 200'),
  cursor: text(512).optional().describe('`next` of the page before; opaque'),
});
export type PageQuery = z.infer<typeof PageQuery>;

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().describe('Cursor of the next page; null on the last'),
  });

export interface Page<T> {
  items: T[];
  next: string | null;
}
