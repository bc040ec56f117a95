import 'reflect-metadata';
import { fork, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { GitHub } from '@gatehouse/forge/testing';
import { Changes } from '@gatehouse/ledger';
import type { PromotionEntity } from '@gatehouse/promotion';
import { Tasks } from '@gatehouse/tasks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startBesideForge, widgets } from './forge.fixture.js';
import type { PromotionFixture } from './promotion.fixture.js';

const main = join(import.meta.dirname, '..', 'dist', 'main.js');

describe('a promoter that is frozen in its push while another takes over', () => {
  let hub: GitHub;
  let plane: PromotionFixture;
  let stop: () => Promise<void>;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    ({ hub, plane, stop } = await startBesideForge());
  });
  afterEach(async () => {
    const ends = children.splice(0).map((child) => {
      const end = new Promise((ended) => child.once('exit', ended));
      child.kill('SIGKILL');
      return end;
    });
    await Promise.all(ends);
  });
  afterAll(() => stop?.());

  const start = async (): Promise<ChildProcess> => {
    const child = fork(main, [], { env: { ...process.env, NODE_OPTIONS: '' }, silent: true });
    children.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await new Promise<void>((resolve, reject) => {
      child.once('message', (message) => (message as { type: string }).type === 'ready' && resolve());
      child.once('exit', (code) => reject(new Error(`exit ${code}: ${output}`)));
    });
    return child;
  };
  const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; !(await holds()); tries += 1) {
      if (tries > 1_200) throw new Error(`Waited a minute until ${what}.`);
      await sleep(50);
    }
  };
  const stateOf = async ({ id }: PromotionEntity) => (await plane.promotions.find(id)).state;
  const branchOf = async ({ sessionId }: PromotionEntity) =>
    [...(await hub.branches(widgets))].find(([name]) => name.includes(sessionId.toLowerCase()))?.[1];
  const logged = async ({ id }: PromotionEntity): Promise<number> =>
    (await plane.query('SELECT 1 FROM promotion_log_entries WHERE promotion_id = $1', [id])).length;
  const publishings = async ({ sessionId }: PromotionEntity): Promise<number> =>
    (await plane.events(sessionId)).filter((event) => event === 'promotion.published').length;

  /** Its push is on its way to the forge and waits there; another one has the promotion now. */
  const frozen = async () => {
    const row = await plane.requested();
    let letThrough: () => void = () => undefined;
    const held = new Promise<void>((go) => (letThrough = go));
    // The proof goes first.
    const push = hub.faults.next({ match: { git: 'push' }, after: 1, do: { delay: held } });
    const first = await start();
    await push.struck;
    first.kill('SIGSTOP');
    return { row, first, letThrough };
  };
  const takeOver = async ({ id }: PromotionEntity): Promise<void> => {
    await start();
    await plane.app.get(Changes).run(async ({ manager }) => {
      const task = { type: 'promotion.run', payload: { promotionId: id }, dedupeKey: `again:${id}` } as const;
      await plane.app.get(Tasks).enqueue(manager, task);
    });
  };

  /** What it had laid out for its work is gone. */
  const isOver = async (): Promise<boolean> =>
    readdirSync(join(plane.dir, 'data', 'quarantine')).length === 0;

  it('adds nothing to what the other has published', async () => {
    const { row, first, letThrough } = await frozen();
    await takeOver(row);
    await until('the other has published', async () => (await stateOf(row)) === 'succeeded');
    const { result } = await plane.promotions.find(row.id);
    expect(await isOver()).toBe(false);
    letThrough();
    first.kill('SIGCONT');
    await until('its run is over', isOver);
    expect([await branchOf(row), await stateOf(row)]).toEqual([result?.commit, 'succeeded']);
    expect([await publishings(row), await logged(row)]).toEqual([1, 1]);
  });

  it('takes back what it pushed onto the old head of a target that moved meanwhile', async () => {
    const { row, first, letThrough } = await frozen();
    await hub.as('alice').push(widgets, 'main', { 'other.txt': 'theirs\n' });
    await takeOver(row);
    await until('the other gave it up', async () => (await stateOf(row)) === 'discarded');
    letThrough();
    await until('the push has come through', async () => (await branchOf(row)) !== undefined);
    first.kill('SIGCONT');
    await until('its run is over', isOver);
    expect([await branchOf(row), await stateOf(row)]).toEqual([undefined, 'discarded']);
    expect([await publishings(row), await logged(row)]).toEqual([0, 0]);
  });
});
