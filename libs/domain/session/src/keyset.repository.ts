import { GatehouseError, type Page } from '@gatehouse/contracts';
import { LessThan, type FindOperator } from 'typeorm';

/** Keyset paging by id, newest first. The cursor is the last id of the page before; anything else is refused. */
export const pageWhere = (
  { cursor }: { cursor?: string | undefined },
  prefix: string,
): { id?: FindOperator<string> } => {
  if (cursor === undefined) return {};
  if (!new RegExp(`^${prefix}_[0-7][0-9A-HJKMNP-TV-Z]{25}$`).test(cursor))
    throw new GatehouseError('cursor.invalid', 'Take the cursor from `next` of the page before, unchanged.');
  return { id: LessThan(cursor) };
};

/** Makes a page of `limit + 1` rows. */
export const pageOfRows = <T extends { id: string }>(rows: T[], limit: number): Page<T> => {
  const items = rows.slice(0, limit);
  return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
};
