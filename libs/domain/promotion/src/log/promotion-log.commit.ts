import type { LogCommit } from '@gatehouse/git';

const identity = { name: 'Gatehouse', email: 'gatehouse@localhost' };

/** An entry as the commit that it is at the repository; made of its own words alone, so that it is the same every time. */
export const logCommit = (record: { entry: string; head: string }, parent: string | null): LogCommit => {
  const { promotionId, branch, seq, at } = JSON.parse(record.entry) as Record<string, string>;
  return {
    entry: Buffer.from(record.entry),
    head: Buffer.from(record.head),
    parent,
    message: `${branch} was published\n\nGatehouse-Promotion: ${promotionId}\nGatehouse-Log-Entry: ${seq}\n`,
    identity,
    date: new Date(at ?? ''),
  };
};
