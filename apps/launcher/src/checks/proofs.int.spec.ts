import { createTestDatabase, type TestDatabase } from '@gatehouse/database/testing';
import {
  envelopeKeysFromPem,
  generateSigningKey,
  linkOf,
  logBeginning,
  publicKeyToPem,
  sha256Hex,
  signLogEntry,
  signProof,
} from '@gatehouse/proof';
import { logContent, predicateOf } from '@gatehouse/proof/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { lookAtProofs } from './proofs.check.js';

const key = generateSigningKey();
const keys = envelopeKeysFromPem(publicKeyToPem(key));
const predicate = predicateOf();
const { promotion, candidate, commit, policy, verdict } = predicate;
const proof = signProof(predicate, [key]);
/** Made before somebody else approved; never what was published in the end. */
const earlier = signProof({ ...predicate, gatehouse: { version: '0.0.1' } }, [key]);
const other40 = 'a'.repeat(40);

describe('doctor, of what was published', () => {
  let test: TestDatabase;
  const query = (sql: string, values: unknown[] = []): Promise<unknown> => test.dataSource.query(sql, values);
  const look = (until = Date.now() + 300_000) => lookAtProofs(test.dataSource, keys, until);

  beforeAll(async () => {
    test = await createTestDatabase();
    // Rows that nothing here looks at are left out.
    for (const table of ['promotions', 'proofs', 'promotion_logs', 'promotion_log_entries'])
      await query(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
    await query(
      `INSERT INTO repositories (id, name, source, source_kind, mode, default_branch)
       VALUES ($1, 'acme/widgets', '/x', 'path', 'live', 'main')`,
      [promotion.repository.id],
    );
  });
  beforeEach(async () => {
    for (const bytes of [earlier, proof]) {
      const id = sha256Hex(bytes);
      await query(
        `INSERT INTO artifacts (id, blob_id, size, media_type, kind) VALUES ($1, $2, $3, 'x', 'report')`,
        [`sha256:${id}`, id, bytes.length],
      );
      await query(`INSERT INTO artifact_chunks VALUES ($1, 0, $2)`, [id, bytes]);
    }
    const place = [promotion.repository.id, promotion.target];
    await query(`INSERT INTO promotion_logs (repository_id, target) VALUES ($1, $2)`, place);
    let end = logBeginning;
    for (const n of [1, 2, 3]) {
      const own = {
        ...{ promotionId: promotion.id, candidateId: candidate.id, commit: commit.id, tree: commit.tree },
        ...{ branch: promotion.branch, policyDigest: policy.digest, proof: sha256Hex(proof) },
        verdict: { id: verdict.id, outcome: 'pass' as const },
      };
      const content = { ...logContent(n), ...(n === 2 && own) };
      const record = signLogEntry(end, content, key);
      end = { seq: n, digest: linkOf(record) };
      await query(
        `INSERT INTO promotions (id, candidate_id, session_id, verdict_id, repository_id, target, requested_level,
           level, state, quorum, binding_digest, branch, commit, published_tree, ended_at)
         VALUES ($1, $2, 's', 'v', $3, $4, 'branch', 'branch', 'succeeded', 0, 'b', $5, $6, $7, now())`,
        [content.promotionId, content.candidateId, ...place, content.branch, content.commit, content.tree],
      );
      await query(
        `INSERT INTO promotion_log_entries (repository_id, target, seq, promotion_id, entry, head, digest, commit)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
        [
          ...place,
          n,
          content.promotionId,
          Buffer.from(record.entry).toString(),
          Buffer.from(record.head).toString(),
          end.digest,
          `${n}`.repeat(40),
        ],
      );
    }
    // The proof of one; the others were published before there were any.
    await query(`UPDATE promotions SET ended_at = now() - interval '1 minute' WHERE id <> $1`, [
      promotion.id,
    ]);
    await query(`UPDATE promotion_log_entries SET created_at = now() - interval '1 hour'`);
    for (const [n, bytes] of [earlier, proof].entries())
      await query(
        `INSERT INTO proofs (promotion_id, commit, candidate_id, artifact, key_id, created_at, number)
         SELECT $1, $2, $3, $4, 'k', ended_at, $5 FROM promotions WHERE id = $1`,
        [promotion.id, commit.id, candidate.id, `sha256:${sha256Hex(bytes)}`, n + 1],
      );
  });
  afterEach(async () => {
    for (const table of [
      'promotion_log_entries',
      'promotion_logs',
      'proofs',
      'promotions',
      'artifact_chunks',
      'artifacts',
    ])
      await query(`DELETE FROM ${table}`);
  });
  afterAll(() => test.drop());

  it('passes where proofs and logs hold, and says how many it looked at', async () => {
    expect(await look()).toEqual({
      status: 'PASS',
      detail: 'the latest 1 hold, and 3 entries of promotion logs',
    });
    expect(await look(0)).toMatchObject({
      status: 'PASS',
      detail: expect.stringContaining('as far as 5 s went'),
    });
    await query('DELETE FROM promotion_log_entries; DELETE FROM promotion_logs; DELETE FROM promotions');
    expect(await look()).toMatchObject({ detail: 'nothing was published yet' });
  });

  const entry2 = `UPDATE promotion_log_entries SET`;
  it.each<[string, string, RegExp]>([
    [
      'bytes of a proof',
      `UPDATE artifact_chunks SET bytes = bytes || 'x'::bytea`,
      /^promotion prm_.*stored bytes/,
    ],
    ['lost bytes', `DELETE FROM artifact_chunks`, /stored bytes of its proof/],
    ['another commit', `UPDATE promotions SET commit = '${other40}'`, /there is no proof of its commit aaaa/],
    [
      'another commit, proof and all',
      `UPDATE promotions SET commit = '${other40}'; UPDATE proofs SET commit = '${other40}'`,
      /another commit, tree or candidate/,
    ],
    [
      'another tree',
      `UPDATE promotions SET published_tree = '${other40}'`,
      /another commit, tree or candidate/,
    ],
    ['another candidate', `UPDATE promotions SET candidate_id = 'x'`, /another commit, tree or candidate/],
    ['a candidate of the proof', `UPDATE proofs SET candidate_id = 'x'`, /another commit, tree or candidate/],
    ['no proof', `UPDATE proofs SET promotion_id = 'x'`, /there is no proof/],
    [
      'an earlier proof of it alone',
      `DELETE FROM proofs WHERE number = 2`,
      /the promotion log names another proof \([0-9a-f]{64}\) than the latest/,
    ],
    [
      'another branch',
      `UPDATE promotions SET branch = 'main'`,
      /of main in acme\/widgets: promotion prm_.* is another one/,
    ],
    [
      'an entry',
      `${entry2} entry = replace(entry, '"seq":2', '"seq":9') WHERE seq = 2`,
      /Entry 2 of the log is missing/,
    ],
    [
      'a commit in an entry',
      `${entry2} entry = replace(entry, '"commit":"', '"commit":"0') WHERE seq = 3`,
      /Entry 3 of the log is malformed/,
    ],
    [
      'a head',
      `${entry2} head = (SELECT head FROM promotion_log_entries WHERE seq = 1) WHERE seq = 2`,
      /signed of another entry/,
    ],
    ['a digest', `${entry2} digest = 'x' WHERE seq = 3`, /is another one in the database than in entry 3/],
    [
      'an entry taken out',
      `DELETE FROM promotion_log_entries WHERE seq = 2`,
      /Entry 2 of the log is missing.*more/,
    ],
    [
      'the end taken away',
      `DELETE FROM promotion_log_entries WHERE seq = 3`,
      /is not in the promotion log of its lane/,
    ],
    [
      'another promotion',
      `UPDATE promotions SET state = 'failed', published_tree = NULL WHERE id LIKE '%103'`,
      /than in entry 3/,
    ],
    ['no proofs at all', `DELETE FROM proofs`, /proofs that promotion logs name are gone/],
  ])('fails and says what to do: %s', async (_, sql, says) => {
    for (const statement of sql.split('; ')) await query(statement);
    const { status, detail, fix } = (await look()) as { status: string; detail: string; fix: string };
    expect([status, detail]).toEqual(['FAIL', expect.stringMatching(says)]);
    expect(fix).toContain('restore a backup');
  });

  it('fails where no key is there or a repository has another log, and only warns of a log that is as it should be again', async () => {
    expect(await lookAtProofs(test.dataSource, new Map(), Date.now() + 300_000)).toMatchObject({
      status: 'FAIL',
      detail: expect.stringContaining('None of the keys given'),
    });
    const open = { kind: 'rewritten', message: 'it is at x', at: '2026-01-01T00:00:00Z', isOpen: true };
    await query('UPDATE promotion_logs SET fault = $1', [JSON.stringify(open)]);
    expect(await look()).toEqual({
      status: 'FAIL',
      detail: 'the promotion log of main in acme/widgets: it is at x',
      fix: 'see "The promotion log" in docs/proof.md',
    });
    const fault = { kind: 'cut', message: 'm', at: new Date().toISOString(), isOpen: false };
    await query('UPDATE promotion_logs SET fault = $1', [JSON.stringify(fault)]);
    expect(await look()).toMatchObject({ status: 'WARN', detail: expect.stringContaining('found cut') });
    await query('UPDATE promotion_logs SET fault = $1', [
      JSON.stringify({ ...fault, at: '2020-01-01T00:00:00Z' }),
    ]);
    expect((await look()).status).toBe('PASS');
  });
});
