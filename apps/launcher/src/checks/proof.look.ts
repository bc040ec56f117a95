import type { Database } from '@gatehouse/health';
import { sha256Hex, verifyProof, type EnvelopeKeys } from '@gatehouse/proof';
import type { Looked } from './proofs.check.js';

interface ProofRow {
  readonly id: string;
  readonly commit: string;
  readonly candidate: string;
  readonly tree: string;
  /** Null where the promotion has no proof of its commit. */
  readonly artifact: string | null;
  readonly proven: string | null;
  readonly blob: string | null;
  /** Digest of the proof that the promotion log names; null where it is not in it. */
  readonly logged: string | null;
}

/** What is wrong with the latest proofs of published promotions, one sentence each. */
export const proofFaults = async (
  database: Database,
  keys: EnvelopeKeys,
  { most, until }: { readonly most: number; readonly until: number },
): Promise<Looked> => {
  const rows = (await database.query(
    `SELECT m.id, m.commit, m.candidate_id AS candidate, m.published_tree AS tree,
            p.artifact, p.candidate_id AS proven, a.blob_id AS blob,
            substring(e.entry FROM '"proof":"([0-9a-f]{64})"') AS logged
     FROM promotions m
     LEFT JOIN LATERAL (SELECT * FROM proofs p WHERE p.promotion_id = m.id AND p.commit = m.commit
       ORDER BY p.number DESC LIMIT 1) p ON true
     LEFT JOIN artifacts a ON a.id = p.artifact
     LEFT JOIN promotion_log_entries e ON e.promotion_id = m.id
     WHERE m.state = 'succeeded' AND m.commit IS NOT NULL AND m.ended_at >= (SELECT min(created_at) FROM proofs)
     ORDER BY m.id DESC LIMIT $1`,
    [most],
  )) as ProofRow[];
  const [{ areGone }] = (await database.query(
    `SELECT NOT EXISTS (SELECT FROM proofs) AND EXISTS (SELECT FROM promotion_log_entries) AS "areGone"`,
  )) as [{ areGone: boolean }];
  const faults = areGone ? ['the proofs that promotion logs name are gone'] : [];
  let seen = 0;
  for (const row of rows) {
    if (Date.now() > until) break;
    const fault = await faultOf(database, keys, row);
    if (fault !== undefined) faults.push(`promotion ${row.id}: ${fault}`);
    seen += 1;
  }
  return { seen, faults, isCut: seen < rows.length };
};

const faultOf = async (
  database: Database,
  keys: EnvelopeKeys,
  row: ProofRow,
): Promise<string | undefined> => {
  if (row.artifact === null) return `there is no proof of its commit ${row.commit}`;
  const chunks = (await database.query(`SELECT bytes FROM artifact_chunks WHERE blob_id = $1 ORDER BY seq`, [
    row.blob,
  ])) as { bytes: Buffer }[];
  const bytes = Buffer.concat(chunks.map((chunk) => chunk.bytes));
  if (`sha256:${sha256Hex(bytes)}` !== row.artifact)
    return `the stored bytes of its proof are not those of ${row.artifact}`;
  const { fault, statement } = verifyProof(bytes, keys);
  if (fault !== null || statement === null)
    return `its proof does not hold: ${fault?.check}: ${fault?.message}`;
  if (row.logged !== null && `sha256:${row.logged}` !== row.artifact)
    return `the promotion log names another proof (${row.logged}) than the latest that is stored`;
  const { promotion, commit, candidate } = statement.predicate;
  const isSame =
    promotion.id === row.id &&
    commit.id === row.commit &&
    commit.tree === row.tree &&
    candidate.id === row.candidate &&
    candidate.id === row.proven;
  return isSame
    ? undefined
    : `the database has another commit, tree or candidate than its proof (${commit.id})`;
};
