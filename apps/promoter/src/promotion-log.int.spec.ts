import 'reflect-metadata';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { GatehouseError, laneStream } from '@gatehouse/contracts';
import { GitRunner, logRefOf, readLog } from '@gatehouse/git';
import {
  PromotionLogExporter,
  PromotionLogWriter,
  PromotionRunner,
  ProofKeys,
  type PromotionEntity,
} from '@gatehouse/promotion';
import { checkLogged, envelopeKeysFromPem, verifyLog, verifyProof } from '@gatehouse/proof';
import type { TaskContext } from '@gatehouse/tasks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PromotionFixture } from './promotion.fixture.js';

describe('the promotion log', () => {
  let plane: PromotionFixture;
  beforeAll(async () => {
    plane = await PromotionFixture.start();
  });
  afterEach(async () => {
    plane.app.get(PromotionRunner).onPoint = undefined;
    await plane.query('DELETE FROM tasks');
  });
  afterAll(() => plane?.stop());

  const laneOf = ({ repositoryId, target }: PromotionEntity) => ({ repositoryId, target });
  const refOf = (row: PromotionEntity) => logRefOf(laneStream(row.repositoryId, row.target));
  const headOf = (row: PromotionEntity) => plane.git('for-each-ref', '--format=%(objectname)', refOf(row));
  const send = (row: PromotionEntity, complete: TaskContext['complete'] = () => Promise.resolve()) =>
    plane.app.get(PromotionLogExporter).run(laneOf(row), { complete });
  const key = ({ repositoryId, target }: PromotionEntity) => `promotion_log.export:${repositoryId}:${target}`;
  const keys = async () => {
    const items = await plane.app.get(ProofKeys).published();
    return envelopeKeysFromPem(items.map(({ pem }) => pem).join(''));
  };
  /** What the repository has of a lane, held against the key. */
  const logOf = async (row: PromotionEntity) => {
    const read = await readLog(plane.app.get(GitRunner), join(plane.source, '.git'), headOf(row));
    if (!read.ok) throw new Error(read.message);
    const lane = laneStream(row.repositoryId, row.target);
    return verifyLog(read.records, { keys: await keys(), lane });
  };
  const promotionsIn = async (row: PromotionEntity) => {
    const { fault, entries } = await logOf(row);
    expect(fault).toBeUndefined();
    return entries.map(({ entry }) => entry.promotionId);
  };
  const faults = async (row: PromotionEntity) =>
    (await plane.events(laneStream(row.repositoryId, row.target))).filter((one) => one.includes('faulted'));
  const stateOf = async (row: PromotionEntity) => {
    const [log] = await plane.query<{ exported: number; fault: { kind: string; isOpen: boolean } | null }>(
      `SELECT exported_seq AS exported, fault FROM promotion_logs WHERE repository_id = $1 AND target = $2`,
      [row.repositoryId, row.target],
    );
    return [log?.exported, log?.fault?.kind ?? null, log?.fault?.isOpen ?? null];
  };
  const lookedAgo = (row: PromotionEntity, minutes: number) =>
    plane.query(
      `UPDATE promotion_logs SET looked_at = CASE WHEN repository_id = $1
         THEN now() - $2 * interval '1 minute' ELSE now() END`,
      [row.repositoryId, minutes],
    );
  const asked = async (): Promise<string[]> => {
    await plane.query('DELETE FROM tasks');
    await plane.app.get(PromotionLogWriter).sweep();
    return plane.waiting();
  };
  /** What is asked for where nobody looked at this log for so long. */
  const sweep = async (row: PromotionEntity, ageMinutes: number): Promise<string[]> => {
    await lookedAgo(row, ageMinutes);
    return asked();
  };
  /** So many promotions of one lane, published one after the other. */
  const published = async (n: number, target = 'main', repository?: string) => {
    const rows: PromotionEntity[] = [];
    for (let i = 0; i < n; i += 1) {
      const row = await plane.requested({ target }, repository ?? rows[0]?.repositoryId);
      await plane.run(row.id);
      rows.push(row);
    }
    return rows as [PromotionEntity, ...PromotionEntity[]];
  };

  it('has what was published in a lane, in order, and every proof names where it ended before', async () => {
    const rows = await published(3);
    const [first] = rows;
    expect(await plane.waiting()).toContain(key(first));
    await send(first);
    expect(await promotionsIn(first)).toEqual(rows.map(({ id }) => id));
    expect(await stateOf(first)).toEqual([3, null, null]);
    const log = await logOf(first);
    for (const [index, row] of rows.entries()) {
      const { result } = await plane.promotions.find(row.id);
      expect(log.entries[index]?.entry).toMatchObject({
        ...{ seq: index + 1, commit: result!.commit, tree: result!.tree, branch: result!.branch },
        ...{ sessionId: row.sessionId, candidateId: row.candidateId, level: 'branch' },
      });
      const proof = Buffer.from(
        plane.git('cat-file', 'blob', `refs/gatehouse/proof/${row.candidateId}:proof.dsse.json`),
      );
      const { predicate } = verifyProof(proof, await keys()).statement!;
      expect(predicate.log?.seq).toBe(index);
      expect(checkLogged(predicate, proof, log).map(({ ok }) => ok)).toEqual([true, true, true]);
    }
    // Another target is another lane, and the stored patch is published nowhere.
    plane.git('branch', '-f', 'next', 'main');
    const [other] = await published(1, 'next', first.repositoryId);
    await send(other);
    expect([await promotionsIn(other), (await promotionsIn(first)).length]).toEqual([[other.id], 3]);
    const patch = await plane.requested({ level: 'patch' });
    await plane.run(patch.id);
    await send(patch);
    expect([headOf(patch), await plane.waiting()]).toEqual(['', expect.not.arrayContaining([key(patch)])]);
  });

  it.each(['pushed', 'published', 'settled'])('has a promotion killed at %s once', async (point) => {
    const row = await plane.requested();
    const runner = plane.app.get(PromotionRunner);
    runner.onPoint = (at) => {
      if (at === point) throw new GatehouseError('task.claim_lost', 'killed');
    };
    await expect(plane.run(row.id)).rejects.toThrow('killed');
    await send(row);
    expect(headOf(row) !== '').toBe(point === 'settled');
    runner.onPoint = undefined;
    await plane.run(row.id);
    await plane.run(row.id);
    await send(row);
    expect(await promotionsIn(row)).toEqual([row.id]);
  });

  it('is put there once, whoever sends it at once and whatever was forgotten of that', async () => {
    const [row] = await published(3);
    await Promise.all([send(row), send(row), send(row)]);
    const head = headOf(row);
    // As a process leaves it that dies between its push and its note of that.
    await plane.query('UPDATE promotion_logs SET exported_seq = 0 WHERE repository_id = $1', [
      row.repositoryId,
    ]);
    await send(row);
    expect([headOf(row), await stateOf(row)]).toEqual([head, [3, null, null]]);
    expect(await promotionsIn(row)).toHaveLength(3);
  });

  it.each<[string, (row: PromotionEntity, first: string) => void]>([
    ['cut', (row, first) => plane.git('update-ref', refOf(row), first)],
    ['deleted', (row) => plane.git('update-ref', '-d', refOf(row))],
  ])('that was %s is put back as it was, and that is told', async (_, spoil) => {
    const [row] = await published(3);
    await send(row);
    const head = headOf(row);
    spoil(row, plane.git('rev-parse', `${head}~2`));
    await send(row);
    expect([headOf(row), await stateOf(row)]).toEqual([head, [3, 'cut', false]]);
    await send(row);
    expect(await faults(row)).toHaveLength(1);
  });

  it('that was written anew is told once and left alone, and is put back when it is gone', async () => {
    const [row] = await published(2);
    await send(row);
    const head = headOf(row);
    const forged = plane.git('commit-tree', `${head}^{tree}`, '-p', `${head}^`, '-m', 'ours, surely');
    plane.git('update-ref', refOf(row), forged);
    const [next] = await published(1, 'main', row.repositoryId);
    for (let i = 0; i < 2; i += 1) await send(row);
    expect([headOf(row), await stateOf(row)]).toEqual([forged, [2, 'rewritten', true]]);
    expect(await sweep(row, 15)).toEqual([key(row)]);
    expect(await faults(row)).toHaveLength(1);
    // What is published does not wait for it.
    expect((await plane.promotions.find(next.id)).state).toBe('succeeded');
    plane.git('update-ref', '-d', refOf(row));
    await send(row);
    expect(plane.git('rev-parse', `${headOf(row)}^`)).toBe(head);
    expect(await stateOf(row)).toEqual([3, 'cut', false]);
  });

  it('is noted as sent if, and only if, its task is done with that', async () => {
    const [row] = await published(1);
    const lost = new GatehouseError('task.claim_lost', 'taken over');
    await expect(send(row, () => Promise.reject(lost))).rejects.toBe(lost);
    expect([headOf(row) !== '', await stateOf(row)]).toEqual([true, [0, null, null]]);
    const noted: unknown[] = [];
    await send(row, async (manager) => {
      noted.push(...(await manager.query('SELECT exported_seq FROM promotion_logs WHERE exported_seq = 1')));
      noted.push(await stateOf(row));
    });
    // Within the transaction that does both, and not before it ends.
    expect(noted.slice(-2)).toEqual([{ exported_seq: 1 }, [0, null, null]]);
    expect([await promotionsIn(row), await stateOf(row)]).toEqual([[row.id], [1, null, null]]);
  });

  it.each<[string, (row: PromotionEntity) => Promise<void>]>([
    ['sent', (row) => send(row)],
    [
      'found spoilt',
      async (row) => {
        plane.git('update-ref', refOf(row), 'main');
        await send(row);
      },
    ],
    [
      'found away',
      async (row) => {
        const source = join(plane.source, '.git');
        await rename(source, `${source}.away`);
        const sent = send(row).finally(() => rename(`${source}.away`, source));
        await expect(sent).rejects.toBeInstanceOf(GatehouseError);
      },
    ],
  ])('that was just %s is left alone by the sweep', async (_, look) => {
    const [row] = await published(1);
    expect(await sweep(row, 15)).toEqual([key(row)]);
    await look(row);
    expect(await asked()).toEqual([]);
  });

  it('that the repository does not take is told, and sent when it does', async () => {
    const [row] = await published(1);
    plane.git('config', 'receive.hideRefs', 'refs/gatehouse/log');
    await send(row).finally(() => plane.git('config', '--unset', 'receive.hideRefs'));
    expect([headOf(row), await stateOf(row)]).toEqual(['', [0, 'refused', true]]);
    await send(row);
    expect(await promotionsIn(row)).toEqual([row.id]);
    expect(await stateOf(row)).toEqual([1, 'refused', false]);
  });

  it('that a task did not bring there is asked for by the sweep, and one that is idle is looked at', async () => {
    const [row] = await published(1);
    expect(await sweep(row, 5)).toEqual([]);
    expect(await sweep(row, 15)).toEqual([key(row)]);
    await send(row);
    expect(await sweep(row, 15)).toEqual([]);
    expect(await sweep(row, 7 * 60)).toEqual([key(row)]);
  });
});
