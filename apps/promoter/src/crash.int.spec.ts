import 'reflect-metadata';
import { GatehouseError } from '@gatehouse/contracts';
import {
  PromotionRunner,
  promotionPoints,
  type PromotionEntity,
  type PromotionPoint,
} from '@gatehouse/promotion';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renameSync } from 'node:fs';
import { PromotionFixture } from './promotion.fixture.js';

/** `PROMOTION_KILLS=20` for a long look. */
const times = Number(process.env['PROMOTION_KILLS'] ?? 1);
/** All of them in the soak's forge loop; here those between which something outside has changed. */
const points: readonly PromotionPoint[] =
  process.env['PROMOTION_KILLS'] === undefined ? ['claimed', 'pushed', 'published'] : promotionPoints;

describe('a promotion', () => {
  let plane: PromotionFixture;
  beforeAll(async () => {
    plane = await PromotionFixture.start();
  });
  afterAll(() => plane?.stop());

  const branchesOf = ({ sessionId }: PromotionEntity): string[] =>
    plane
      .git('for-each-ref', '--format=%(refname:short)', `refs/heads/gatehouse/${sessionId.toLowerCase()}*`)
      .split('\n')
      .filter((line) => line !== '');
  const die = () => {
    throw new GatehouseError('task.claim_lost', 'killed');
  };

  const kills = Array.from({ length: times }, () => points).flat();
  it.each(kills)('killed at %s and run again, publishes one branch once', async (point) => {
    const runner = plane.app.get(PromotionRunner);
    const row = await plane.requested();
    const seen: string[] = [];
    runner.onPoint = (at) => {
      seen.push(at);
      if (at === point) die();
    };
    await expect(plane.run(row.id)).rejects.toThrow('killed');
    expect(seen.at(-1)).toBe(point);
    const before = branchesOf(row).map((branch) => plane.git('rev-parse', branch));
    expect(before).toHaveLength(['pushed', 'published', 'settled'].includes(point) ? 1 : 0);
    runner.onPoint = undefined;
    await plane.run(row.id);
    const { state, result } = await plane.promotions.find(row.id);
    expect(state).toBe('succeeded');
    expect(branchesOf(row)).toEqual([result!.branch]);
    const head = plane.git('rev-parse', result!.branch!);
    for (const commit of [...before, result!.commit]) expect(commit).toBe(head);
    const events = await plane.events(row.sessionId);
    expect(events.filter((event) => event === 'promotion.published')).toHaveLength(1);
  });

  const stateOf = async ({ id }: PromotionEntity): Promise<string> => (await plane.promotions.find(id)).state;

  it('ends in one transaction with its task, which neither shows without the other', async () => {
    const row = await plane.requested();
    const seen: string[] = [];
    await plane.run(row.id, async (manager) => {
      const { state } = await plane.promotions.row(row.id, manager);
      seen.push(`${state} within, ${await stateOf(row)} without`);
    });
    expect(seen).toEqual(['succeeded within, running without']);
    const broken = await plane.requested();
    await expect(plane.run(broken.id, () => Promise.reject(new Error('cut off')))).rejects.toThrow('cut off');
    expect(await stateOf(broken)).toBe('running');
    await plane.run(broken.id);
    expect(await stateOf(broken)).toBe('succeeded');
  });

  it('that was published counts, though its task was taken over before it could say so', async () => {
    const row = await plane.requested();
    await plane.run(row.id, die);
    expect(await stateOf(row)).toBe('succeeded');
  });

  it('that broke leaves its task to be run again', async () => {
    const runner = plane.app.get(PromotionRunner);
    const row = await plane.requested();
    const away = `${plane.source}.away`;
    let completed = 0;
    const run = () => plane.run(row.id, async () => void (completed += 1));
    runner.onPoint = (at) => {
      if (at === 'proven') renameSync(plane.source, away);
    };
    await expect(run()).rejects.toMatchObject({ code: 'git.failed' });
    expect([await stateOf(row), completed]).toEqual(['errored', 0]);
    runner.onPoint = undefined;
    renameSync(away, plane.source);
    await run();
    expect([await stateOf(row), completed]).toEqual(['succeeded', 1]);
  });
});
