import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { ensureLogins, grantRights } from '@gatehouse/database';
import { ArtifactStore, Changes } from '@gatehouse/ledger';
import { ProofKeys, PromotionRunner, type PromotionEntity, type PromotionPoint } from '@gatehouse/promotion';
import { checkCommit, envelopeKeysFromPem, verifyProof } from '@gatehouse/proof';
import { PlaneSettings } from '@gatehouse/session';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PromotionFixture } from './promotion.fixture.js';

interface ProofRow {
  readonly artifact: string;
  readonly commit: string;
}

describe('the proof of a promotion', () => {
  let plane: PromotionFixture;
  beforeAll(async () => {
    plane = await PromotionFixture.start();
  });
  afterEach(() => {
    plane.app.get(PromotionRunner).onPoint = undefined;
  });
  afterAll(() => plane?.stop());

  const refOf = ({ candidateId }: PromotionEntity) => `refs/gatehouse/proof/${candidateId}`;
  const published = (row: PromotionEntity): Buffer =>
    execFileSync('git', ['-C', plane.source, 'cat-file', 'blob', `${refOf(row)}:proof.dsse.json`], {
      maxBuffer: 1 << 26,
    });
  const rowsOf = ({ id }: PromotionEntity) =>
    plane.query<ProofRow>('SELECT artifact, commit FROM proofs WHERE promotion_id = $1', [id]);
  const keys = async () => {
    const items = await plane.app.get(ProofKeys).published();
    return envelopeKeysFromPem(items.map(({ pem }) => pem).join(''));
  };
  const approve = async (row: PromotionEntity): Promise<string> => {
    const id = await plane.principal();
    const caller = { ...{ id, name: id.toLowerCase(), kind: 'user' as const }, roles: ['approver' as const] };
    await plane.app
      .get(Changes)
      .run((change) =>
        plane.promotions.answer(change, caller, row.id, { answer: 'approve', reason: 'fine' }),
      );
    return id;
  };

  it('lies beside the branch, is stored, and holds for whoever has a clone and the key', async () => {
    const [requester, person] = [await plane.principal(), await plane.principal()];
    await plane.query('UPDATE principals SET stands_for = $2 WHERE id = $1', [requester, person]);
    const row = await plane.requested({ quorum: 2, requester });
    const approvers = [await approve(row), await approve(row)];
    await plane.run(row.id);
    const { result } = await plane.promotions.find(row.id);
    const bytes = published(row);
    const report = verifyProof(bytes, await keys());
    expect(report.fault).toBeNull();
    const { predicate } = report.statement!;
    expect(predicate).toMatchObject({
      job: { requestedBy: { id: requester, person } },
      commit: { id: result?.commit, tree: result?.tree, parents: [plane.base] },
      promotion: { id: row.id, sessionId: row.sessionId, branch: result?.branch, laneGeneration: 1 },
      verdict: { outcome: 'pass', gates: [{ gate: 'size', answer: 'pass', required: true }] },
      approvals: { quorum: 2, given: approvers.map((id) => ({ principal: { id, kind: 'user' } })) },
    });
    expect(predicate.approvals.given.filter(({ principal }) => principal.person !== undefined)).toEqual([]);
    const at = (name: string) => plane.git('rev-parse', name);
    const { commit, base } = predicate;
    const facts = {
      commit: { id: commit.id, tree: at(`${commit.id}^{tree}`), parents: [at(`${commit.id}^`)] },
      base: { id: base.commit, tree: at(`${base.commit}^{tree}`), parents: [] },
      ...{ isOnBase: true, damage: undefined },
    };
    expect(checkCommit(predicate, facts).filter(({ ok }) => !ok)).toEqual([]);
    const [stored] = await rowsOf(row);
    expect(await plane.app.get(ArtifactStore).readWhole(stored!.artifact, 1 << 20)).toEqual(bytes);
    expect(stored?.commit).toBe(result?.commit);
    // What others do in the lane stays there, and so does what agents say.
    const told = predicate.history.lane.events.filter(({ payload }) => payload !== undefined);
    expect(told.map(({ type }) => type)).toEqual(['promotion.requested']);
  });

  it.each<PromotionPoint>(['committed', 'proven', 'pushed', 'published'])(
    'is one and the same after the promoter was killed when it had %s',
    async (point) => {
      const runner = plane.app.get(PromotionRunner);
      const row = await plane.requested();
      runner.onPoint = (at) => {
        if (at === point) throw new GatehouseError('task.claim_lost', 'killed');
      };
      await expect(plane.run(row.id)).rejects.toThrow('killed');
      const before = await rowsOf(row);
      runner.onPoint = undefined;
      await plane.run(row.id);
      expect((await plane.promotions.find(row.id)).state).toBe('succeeded');
      const after = await rowsOf(row);
      expect(after).toHaveLength(1);
      if (point !== 'committed') expect(before).toEqual(after);
      expect(plane.git('rev-list', '--count', refOf(row))).toBe('1');
      expect(verifyProof(published(row), await keys()).fault).toBeNull();
    },
  );

  it('that would not hold is not signed, and nothing is published', async () => {
    const row = await plane.requested();
    await plane.query(`UPDATE verdicts SET gates = '[]' WHERE session_id = $1`, [row.sessionId]);
    await plane.run(row.id);
    const { state, reason } = await plane.promotions.find(row.id);
    expect([state, reason?.code]).toEqual(['failed', 'promotion.unprovable']);
    expect(reason?.message).toContain('The answer of gate size is missing.');
    expect(await rowsOf(row)).toEqual([]);
    expect(
      plane.git('for-each-ref', refOf(row), `refs/heads/gatehouse/${row.sessionId.toLowerCase()}*`),
    ).toBe('');
  });

  it('holds after its key was replaced, and is then signed by the new one', async () => {
    const old = await plane.requested();
    await plane.run(old.id);
    const { proofDir } = plane.app.get(PlaneSettings);
    expect(statSync(join(proofDir, 'proof-signing.pem')).mode & 0o777).toBe(0o600);
    rmSync(join(proofDir, 'proof-signing.pem'));
    const next = new ProofKeys(plane.app.get(PlaneSettings));
    await next.signingKey();
    const listed = await next.published();
    expect(listed).toHaveLength(2);
    expect(verifyProof(published(old), await keys()).fault).toBeNull();
    const newest = envelopeKeysFromPem(listed.find(({ id }) => !isSigner(published(old), id))!.pem);
    expect(verifyProof(published(old), newest).fault?.check).toBe('signature');
  });

  it('is stored with the rights that the promoter has, and by nobody else', async () => {
    const prefix = `t${randomBytes(4).toString('hex')}`;
    const each = (word: string) => ({
      api: `${prefix}_api_${word}`,
      engine: `${prefix}_engine_${word}`,
      promoter: `${prefix}_promoter_${word}`,
    });
    const logins = each('login');
    const { dataSource } = plane.database;
    await ensureLogins(dataSource, logins, each('password'));
    await grantRights(dataSource, logins);
    const row = await plane.requested();
    const store = (login: string) =>
      plane.app.get(Changes).run(async ({ manager }) => {
        await manager.query(`SET LOCAL ROLE ${login}`);
        const put = { kind: 'report', mediaType: 'text/plain', manager } as const;
        const { id } = await plane.app.get(ArtifactStore).put(Buffer.from(login), put);
        await manager.query(`INSERT INTO proofs VALUES ($1, $2, $3, $4, 'k')`, [
          ...[row.id, login, row.candidateId, id],
        ]);
      });
    try {
      await store(logins.promoter);
      await expect(store(logins.engine)).rejects.toThrow(/permission denied/);
      await expect(store(logins.api)).rejects.toThrow(/permission denied/);
      expect(await rowsOf(row)).toHaveLength(1);
    } finally {
      for (const login of Object.values(logins)) {
        await dataSource.query(`drop owned by ${login}`);
        await dataSource.query(`drop role ${login}`);
      }
    }
  });
});

const isSigner = (bytes: Buffer, keyId: string): boolean =>
  (JSON.parse(bytes.toString()) as { signatures: { keyid: string }[] }).signatures.some(
    ({ keyid }) => keyid === keyId,
  );
