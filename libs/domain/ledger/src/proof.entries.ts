import type { ChainEntry } from '@gatehouse/proof';
import type { ReadRepository } from './read.repository.js';

const pageSize = 1000;

/** A stream from after a seq to its end as it is now, with the payloads as they were hashed. */
export const entriesOf = async (
  reads: ReadRepository,
  streamId: string,
  after: number,
): Promise<ChainEntry[]> => {
  const entries: ChainEntry[] = [];
  for (;;) {
    const page = await reads.page(streamId, entries.at(-1)?.seq ?? after, pageSize);
    entries.push(...page);
    if (page.length < pageSize) return entries;
  }
};
