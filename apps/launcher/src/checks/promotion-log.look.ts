import { laneStream } from '@gatehouse/contracts';
import type { Database } from '@gatehouse/health';
import { linkOf, verifyLog, type EnvelopeKeys } from '@gatehouse/proof';
import type { Looked } from './proofs.check.js';

/** The end of each log, and so many logs: those that were looked at by the promoter last. */
const mostEntries = 100;
const mostLogs = 200;
/** How long a log that somebody cut, and that was put back, is worth a word. */
const worthDays = 7;

interface LogRow {
  readonly repositoryId: string;
  readonly target: string;
  readonly name: string;
  readonly fault: { kind: string; message: string; at: string; isOpen: boolean } | null;
  readonly isRecent: boolean;
}

interface EntryRow {
  readonly seq: number;
  readonly promotion: string;
  readonly entry: string;
  readonly head: string;
  readonly digest: string;
  readonly state: string;
  readonly commit: string | null;
  readonly tree: string | null;
  readonly branch: string | null;
}

/** What is wrong with the promotion logs, in the database and as the promoter last saw them at their repositories. */
export const logFaults = async (database: Database, keys: EnvelopeKeys, until: number): Promise<Looked> => {
  const logs = (await database.query(
    `SELECT l.repository_id AS "repositoryId", l.target, r.name, l.fault,
            coalesce((l.fault ->> 'at')::timestamptz > now() - $2 * interval '1 day', false) AS "isRecent"
     FROM promotion_logs l JOIN repositories r ON r.id = l.repository_id ORDER BY l.looked_at DESC LIMIT $1`,
    [mostLogs, worthDays],
  )) as LogRow[];
  const faults: string[] = [];
  const [told, warnings]: [string[], string[]] = [[], []];
  let [seen, looked] = [0, 0];
  for (const log of logs) {
    if (Date.now() > until) break;
    const where = `the promotion log of ${log.target} in ${log.name}`;
    if (log.fault?.isOpen === true) told.push(`${where}: ${log.fault.message}`);
    else if (log.fault !== null && log.isRecent)
      warnings.push(`${where} was found ${log.fault.kind} at ${log.fault.at}, and is as it should be again`);
    const rows = (await database.query(
      `SELECT e.seq, e.promotion_id AS promotion, e.entry, e.head, e.digest, m.state, m.commit,
              m.published_tree AS tree, m.branch
       FROM promotion_log_entries e JOIN promotions m ON m.id = e.promotion_id
       WHERE e.repository_id = $1 AND e.target = $2 ORDER BY e.seq DESC LIMIT $3`,
      [log.repositoryId, log.target, mostEntries + 1],
    )) as EntryRow[];
    const fault = faultOf(rows.reverse(), laneStream(log.repositoryId, log.target), keys);
    if (fault !== undefined) faults.push(`${where}: ${fault}`);
    seen += Math.min(rows.length, mostEntries);
    looked += 1;
  }
  faults.push(...(await leftOut(database)));
  return { seen, faults, told, warnings, isCut: looked < logs.length };
};

const recordOf = ({ entry, head }: EntryRow) => ({ entry: Buffer.from(entry), head: Buffer.from(head) });

const faultOf = (rows: readonly EntryRow[], lane: string, keys: EnvelopeKeys): string | undefined => {
  const [first] = rows;
  if (first === undefined) return undefined;
  // Of a log that is longer only the end is looked at: the first of these says where it begins.
  const isWhole = rows.length <= mostEntries;
  const after = isWhole ? undefined : { seq: first.seq, digest: linkOf(recordOf(first)) };
  const looked = isWhole ? rows : rows.slice(1);
  const { fault, entries } = verifyLog(looked.map(recordOf), { keys, lane, ...(after && { after }) });
  if (fault !== undefined) return fault;
  const other = looked.find((row, n) => {
    const read = entries[n];
    return (
      read === undefined ||
      row.seq !== read.entry.seq ||
      row.digest !== read.end.digest ||
      row.promotion !== read.entry.promotionId ||
      row.state !== 'succeeded' ||
      row.commit !== read.entry.commit ||
      row.tree !== read.entry.tree ||
      row.branch !== read.entry.branch
    );
  });
  return other === undefined
    ? undefined
    : `promotion ${other.promotion} is another one in the database than in entry ${other.seq}`;
};

/** Published since the log of their lane began, and not in it. */
const leftOut = async (database: Database): Promise<string[]> => {
  const rows = (await database.query(
    `SELECT m.id, m.branch FROM promotions m
     JOIN LATERAL (SELECT min(created_at) AS begun FROM promotion_log_entries e
       WHERE e.repository_id = m.repository_id AND e.target = m.target) log ON m.ended_at >= log.begun
     WHERE m.state = 'succeeded' AND m.commit IS NOT NULL
       AND m.id IN (SELECT id FROM promotions WHERE state = 'succeeded' ORDER BY id DESC LIMIT 1000)
       AND NOT EXISTS (SELECT FROM promotion_log_entries e WHERE e.promotion_id = m.id)
     ORDER BY m.id LIMIT 5`,
  )) as { id: string; branch: string }[];
  return rows.map(({ id, branch }) => `promotion ${id} (${branch}) is not in the promotion log of its lane`);
};
