import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GatehouseError } from '@gatehouse/contracts';
import { ensureLogins, grantRights } from '@gatehouse/database';
import { ArtifactStore, Changes } from '@gatehouse/ledger';
import {
  ProofKeys,
  PromotionPublisher,
  PromotionRunner,
  type PromotionEntity,
  type PromotionPoint,
} from '@gatehouse/promotion';
import { checkCommit, envelopeKeysFromPem, sha256Hex, verifyProof } from '@gatehouse/proof';
import { PlaneSettings } from '@gatehouse/session';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
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
    runner().onPoint = undefined;
    jest.restoreAllMocks();
  });
  afterAll(() => plane?.stop());

  const refOf = ({ candidateId }: PromotionEntity) => `refs/gatehouse/proof/${candidateId}`;
  const published = (row: PromotionEntity): Buffer =>
    execFileSync('git', ['-C', plane.source, 'cat-file', 'blob', `${refOf(row)}:proof.dsse.json`], {
      maxBuffer: 1 << 26,
    });
  const rowsOf = ({ id }: PromotionEntity) =>
    plane.query<ProofRow>('SELECT artifact, commit FROM proofs WHERE promotion_id = $1 ORDER BY number', [
      id,
    ]);
  const runner = () => plane.app.get(PromotionRunner);
  type Looks = { readonly rows: { holds(row: PromotionEntity): Promise<boolean> } };
  /** Asked between the look at the ref of the proof and its push, and before the push of the branch. */
  const onHolds = () => jest.spyOn((plane.app.get(PromotionPublisher) as unknown as Looks).rows, 'holds');
  const killedAt = async (row: PromotionEntity, point: PromotionPoint): Promise<void> => {
    runner().onPoint = (at) => {
      if (at === point) throw new GatehouseError('task.claim_lost', 'killed');
    };
    await expect(plane.run(row.id)).rejects.toThrow('killed');
    runner().onPoint = undefined;
  };
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
      const row = await plane.requested();
      await killedAt(row, point);
      const before = await rowsOf(row);
      await plane.run(row.id);
      expect((await plane.promotions.find(row.id)).state).toBe('succeeded');
      const after = await rowsOf(row);
      expect(after).toHaveLength(1);
      if (point !== 'committed') expect(before).toEqual(after);
      expect(plane.git('rev-list', '--count', refOf(row))).toBe('1');
      expect(verifyProof(published(row), await keys()).fault).toBeNull();
    },
  );

  /** The proof at the repository holds, names just these, and is the one that the log names and that is stored last. */
  const expectApprovedBy = async (row: PromotionEntity, ...people: string[]): Promise<void> => {
    expect((await plane.promotions.find(row.id)).state).toBe('succeeded');
    const bytes = published(row);
    const { fault, statement } = verifyProof(bytes, await keys());
    expect(fault).toBeNull();
    const { approvals, commit } = statement!.predicate;
    expect(approvals.given.map(({ principal }) => principal.id)).toEqual(people);
    expect(commit.id).toBe((await plane.promotions.find(row.id)).result?.commit);
    const logged = await plane.query<{ proof: string }>(
      `SELECT 'sha256:' || (entry::jsonb ->> 'proof') AS proof FROM promotion_log_entries WHERE promotion_id = $1`,
      [row.id],
    );
    expect(logged).toEqual([{ proof: `sha256:${sha256Hex(bytes)}` }]);
    expect((await rowsOf(row)).at(-1)?.artifact).toBe(logged[0]?.proof);
  };
  /** Its proof is made and published, and its push fails; then its approval counts no more, and somebody else approves. */
  const approvedAnew = async (lapse: (approver: string) => Promise<unknown>) => {
    const row = await plane.requested({ quorum: 1 });
    const first = await approve(row);
    runner().onPoint = (at) => {
      if (at === 'checked') throw new GatehouseError('git.failed', 'The push failed.');
    };
    await expect(plane.run(row.id)).rejects.toThrow('The push failed.');
    runner().onPoint = undefined;
    expect(await rowsOf(row)).toHaveLength(1);
    await lapse(first);
    await plane.run(row.id);
    expect((await plane.promotions.find(row.id)).state).toBe('awaiting_approval');
    return { row, first, second: await approve(row) };
  };
  const loseRole = (id: string) => plane.query(`UPDATE principals SET roles = '{}' WHERE id = $1`, [id]);
  const runOut = (id: string) =>
    plane.query('UPDATE approvals SET expires_at = now() WHERE principal_id = $1', [id]);

  it.each([
    ['lost the role', loseRole],
    ['ran out', runOut],
  ])('names who counted when it was published, not an approval that %s before', async (_, lapse) => {
    const { row, second } = await approvedAnew(lapse);
    await plane.run(row.id);
    await expectApprovedBy(row, second);
    expect(await rowsOf(row)).toHaveLength(2);
    expect(plane.git('rev-list', '--count', refOf(row))).toBe('2');
  });

  it.each<PromotionPoint | 'stored'>(['committed', 'stored', 'proven', 'pushed'])(
    'names who counted though the promoter was killed when it had %s, and does so once',
    async (point) => {
      const { row, second } = await approvedAnew(loseRole);
      if (point === 'stored') {
        const killed = new GatehouseError('task.claim_lost', 'killed');
        onHolds().mockRejectedValueOnce(killed);
        await expect(plane.run(row.id)).rejects.toThrow('killed');
        expect(plane.git('rev-list', '--count', refOf(row))).toBe('1');
      } else await killedAt(row, point);
      await plane.run(row.id);
      await expectApprovedBy(row, second);
      expect(await rowsOf(row)).toHaveLength(2);
      expect(plane.git('rev-list', '--count', refOf(row))).toBe('2');
    },
  );

  it('is made anew where an approval that counted once counts again', async () => {
    const { row, first, second } = await approvedAnew(loseRole);
    await killedAt(row, 'proven');
    await loseRole(second);
    await plane.query(`UPDATE principals SET roles = '{approver}' WHERE id = $1`, [first]);
    await plane.run(row.id);
    await expectApprovedBy(row, first);
    expect(await rowsOf(row)).toHaveLength(3);
  });

  it('stays that of the push where what allowed it lapses after it', async () => {
    const row = await plane.requested({ quorum: 1 });
    const approver = await approve(row);
    await killedAt(row, 'pushed');
    await loseRole(approver);
    await plane.run(row.id);
    await expectApprovedBy(row, approver);
    expect(await rowsOf(row)).toHaveLength(1);
  });

  it.each([
    ['stored', 1, () => jest.spyOn(plane.app.get(ProofKeys), 'signingKey')],
    ['put over another', 2, onHolds],
  ])('is not %s by a run whose lane was taken over meanwhile', async (_, stored, spied) => {
    const row = await plane.requested({ quorum: 1 });
    const approver = await approve(row);
    const spy = spied() as unknown as jest.SpiedFunction<(...asked: unknown[]) => Promise<unknown>>;
    const asBefore = spy as unknown as (...asked: unknown[]) => Promise<unknown>;
    spy.mockImplementationOnce(async function (this: unknown, ...asked) {
      // Something else is to be said by now.
      await plane.query(`UPDATE principals SET name = name || 'x' WHERE id = $1`, [approver]);
      await plane.run(row.id);
      return Reflect.apply(asBefore, this, asked);
    });
    await expect(plane.run(row.id)).rejects.toMatchObject({ code: 'task.claim_lost' });
    await expectApprovedBy(row, approver);
    expect(await rowsOf(row)).toHaveLength(stored);
    expect(plane.git('rev-list', '--count', refOf(row))).toBe('1');
  });

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
