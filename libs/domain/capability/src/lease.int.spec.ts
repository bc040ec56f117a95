import type { CompleteAttempt } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LeaseFixture, ttlMs } from './lease.fixture.js';
import type { HeldLease } from './lease.repository.js';

let plane: LeaseFixture;
beforeAll(async () => {
  plane = await LeaseFixture.start();
});
afterAll(() => plane?.stop());

interface Holding {
  readonly attemptId: string;
  readonly principalId: string;
  readonly tokenId: string;
  readonly workerId: string;
  readonly token: string;
  readonly id: string;
  readonly generation: number;
}

const held = async (): Promise<Holding> => {
  const attemptId = await plane.queued();
  const worker = await plane.worker();
  const [granted] = (await plane.leases.claim([worker])).granted;
  expect(granted?.attempt.id).toBe(attemptId);
  const { id, generation, token } = granted!.lease;
  return { ...worker, tokenId: worker.tokenId!, attemptId, id, generation, token };
};
const lease = ({ id, token }: Holding): Promise<HeldLease> => plane.leases.authenticate(id, token);
const failed = (generation: number): CompleteAttempt => ({
  generation,
  outcome: 'failed',
  code: 'agent.failed',
  message: 'no',
  report: null,
});
const expiresIn = (id: string, seconds: number): Promise<unknown> =>
  plane.query(`UPDATE leases SET expires_at = now() + $2 * interval '1 s' WHERE id = $1`, [id, seconds]);
const tasksOf = async (attemptId: string): Promise<number> =>
  (await plane.query(`SELECT FROM tasks WHERE payload->>'attemptId' = $1`, [attemptId])).length;
const overdue = async ({ id }: Holding, graceMs: number): Promise<HeldLease | undefined> =>
  (await plane.leases.rows.overdue(graceMs, 100)).find((lease) => lease.id === id);
/** All that a write could change. */
const all = async ({ id, attemptId }: Holding): Promise<unknown> => [
  await plane.query('SELECT * FROM leases WHERE id = $1', [id]),
  await plane.query('SELECT * FROM attempts WHERE id = $1', [attemptId]),
  await plane.query('SELECT s.* FROM sessions s JOIN attempts a ON a.session_id = s.id WHERE a.id = $1', [
    attemptId,
  ]),
  await tasksOf(attemptId),
  plane.events.length,
];
/** Every write of a holder is refused with this code, and nothing has changed. */
const refusesAll = async (
  one: Holding,
  known: HeldLease,
  generation: number,
  code: string,
): Promise<void> => {
  const before = await all(one);
  await expect(plane.leases.heartbeat(known, generation)).rejects.toMatchObject({ code });
  await expect(plane.leases.start(known, generation, 'w')).rejects.toMatchObject({ code });
  await expect(plane.leases.complete(known, failed(generation), 'w')).rejects.toMatchObject({ code });
  expect(await all(one)).toEqual(before);
};

describe('a lease', () => {
  it('is opened by its own token only', async () => {
    const [one, other] = [await held(), await held()];
    await expect(plane.leases.authenticate(one.id, other.token)).rejects.toMatchObject({
      code: 'auth.invalid',
    });
    expect(await lease(one)).toMatchObject({ id: one.id, state: 'active', expired: false, barred: false });
  });

  it('refuses any other generation than its own', async () => {
    const one = await held();
    for (const generation of [one.generation - 1, one.generation + 1])
      await refusesAll(one, await lease(one), generation, 'lease.fenced');
  });

  it('refuses a late write, whatever the writer knew before', async () => {
    const one = await held();
    const known = await lease(one);
    await expiresIn(one.id, -1);
    await refusesAll(one, known, one.generation, 'lease.gone');
    await refusesAll(one, await lease(one), one.generation, 'lease.gone');
  });

  it('is renewed by the database clock, and once it is over never again', async () => {
    const one = await held();
    const known = await lease(one);
    await expiresIn(one.id, 2);
    const sentAt = Date.now;
    try {
      Date.now = () => sentAt() + 3_600_000;
      await plane.leases.heartbeat(known, one.generation);
    } finally {
      Date.now = sentAt;
    }
    const left = async (): Promise<number> =>
      (
        await plane.query<{ ms: number }>(
          `SELECT (extract(epoch FROM expires_at - now()) * 1000)::int AS ms FROM leases WHERE id = $1`,
          [one.id],
        )
      )[0]!.ms;
    expect(await left()).toBeGreaterThan(ttlMs / 2);
    expect(await left()).toBeLessThanOrEqual(ttlMs);
    await expiresIn(one.id, -1);
    expect(await plane.leases.rows.renew(one.id, one.generation, ttlMs)).toBe(false);
    expect(await plane.leases.rows.renew(one.id, one.generation + 1, ttlMs)).toBe(false);
    expect(await left()).toBeLessThan(0);
  });

  it('takes a result once; the same again changes nothing', async () => {
    const one = await held();
    const known = await lease(one);
    const both = [1, 2].map(() => plane.leases.complete(known, failed(one.generation), 'w'));
    await Promise.all(both);
    expect(await plane.attempt(one.attemptId)).toMatchObject({ state: 'failed', reasonCode: 'agent.failed' });
    expect(await tasksOf(one.attemptId)).toBe(1);
    const before = await all(one);
    await plane.leases.complete(known, failed(one.generation), 'w');
    expect(await all(one)).toEqual(before);
    await expect(plane.leases.heartbeat(await lease(one), one.generation)).rejects.toMatchObject({
      code: 'lease.gone',
    });
    await expect(plane.leases.complete(known, failed(one.generation + 1), 'w')).rejects.toMatchObject({
      code: 'lease.fenced',
    });
  });

  it('that ran out is taken once, its attempt fenced and looked at again', async () => {
    const one = await held();
    const known = await lease(one);
    expect(await overdue(one, 0)).toBeUndefined();
    await expiresIn(one.id, -5);
    expect(await overdue(one, 10_000)).toBeUndefined();
    const found = await overdue(one, 1_000);
    await Promise.all([plane.leases.expire(found!), plane.leases.expire(found!)]);
    expect(await plane.attempt(one.attemptId)).toMatchObject({
      state: 'fenced',
      reasonCode: 'lease.expired',
    });
    expect(await tasksOf(one.attemptId)).toBe(1);
    await refusesAll(one, known, one.generation, 'lease.gone');
  });

  it('that nobody heard of is given back', async () => {
    const one = await held();
    const known = await lease(one);
    await plane.leases.giveBack(one.id);
    expect(await plane.attempt(one.attemptId)).toMatchObject({
      state: 'fenced',
      reasonCode: 'lease.not_delivered',
    });
    await refusesAll(one, known, one.generation, 'lease.gone');
  });

  it.each([
    [
      'principal is disabled',
      (one: Holding) => plane.query('UPDATE principals SET disabled = true WHERE id = $1', [one.principalId]),
    ],
    [
      'token is revoked',
      (one: Holding) => plane.query('UPDATE tokens SET revoked_at = now() WHERE id = $1', [one.tokenId]),
    ],
  ])('is taken from a worker whose %s', async (_, bar) => {
    const one = await held();
    await plane.leases.start(await lease(one), one.generation, 'w');
    await bar(one);
    await refusesAll(one, await lease(one), one.generation, 'lease.gone');
    const found = await overdue(one, 60_000);
    await plane.leases.expire(found!);
    expect(await plane.attempt(one.attemptId)).toMatchObject({
      state: 'fenced',
      reasonCode: 'lease.revoked',
    });
    expect((await lease(one)).state).toBe('revoked');
    expect(await tasksOf(one.attemptId)).toBe(1);
  });

  it('tells a worker that is being drained', async () => {
    const one = await held();
    const answer = async (): Promise<boolean> =>
      (await plane.leases.heartbeat(await lease(one), one.generation)).drain;
    expect(await answer()).toBe(false);
    const caller = { id: 'x', name: 'x' };
    await plane.run((change) =>
      plane.workerService.change(change, one.workerId, { state: 'draining' }, caller),
    );
    expect(await answer()).toBe(true);
    expect((await plane.workers.activeLeases([one.workerId])).get(one.workerId)).toBe(1);
  });
});
