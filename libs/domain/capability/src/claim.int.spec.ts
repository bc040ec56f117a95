import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { LeaseFixture } from './lease.fixture.js';

let plane: LeaseFixture;
beforeAll(async () => {
  plane = await LeaseFixture.start();
});
afterEach(() => plane.query(`UPDATE attempts SET state = 'cancelled' WHERE state = 'queued'`));
afterAll(() => plane?.stop());

const claimed = async (...seekers: { workerId: string; tokenId: string | null }[]): Promise<string[]> =>
  (await plane.leases.claim(seekers)).granted.map(({ attempt }) => attempt.id);

describe('a claim', () => {
  it('gives each of 12 attempts once to 20 who claim at the same moment, one process each', async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => plane.queued()));
    const seekers = await Promise.all(Array.from({ length: 20 }, () => plane.worker()));
    const got = (await Promise.all(seekers.map((seeker) => claimed(seeker)))).flat();
    expect(new Set(got).size).toBe(got.length);
    // Whoever passed over a locked one asks again.
    got.push(...(await claimed(...seekers)));
    expect(got.sort()).toEqual(ids.sort());
    const leases = await plane.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM leases WHERE attempt_id = ANY($1) AND state = 'active' GROUP BY attempt_id`,
      [ids],
    );
    expect(leases).toEqual(ids.map(() => ({ n: 1 })));
  });

  it('takes the oldest for those who came first, in one go, no more than there are', async () => {
    const [first, second] = [await plane.queued(), await plane.queued()];
    const [a, b, c] = [await plane.worker(), await plane.worker(), await plane.worker()];
    const { granted, able } = await plane.leases.claim([a, b, c]);
    expect(granted.map(({ attempt, seeker }) => [attempt.id, seeker])).toEqual([
      [first, a],
      [second, b],
    ]);
    expect(able.size).toBe(3);
  });

  it('looks past what nobody who waits can run, and gives each what fits', async () => {
    const docker = await plane.queued({ kinds: ['docker_sandbox'] });
    const gpu = await plane.queued({ labels: { gpu: 'yes' } });
    const judge = await plane.queued({ purpose: 'validate' });
    const plain = await plane.queued();
    const worker = await plane.worker();
    expect(await claimed(worker)).toEqual([plain]);
    expect(await claimed(worker)).toEqual([]);
    expect(await claimed(await plane.worker('validator'))).toEqual([judge]);
    expect(await claimed(await plane.worker('agent', ['docker_sandbox']))).toEqual([docker]);
    expect((await plane.attempt(gpu)).state).toBe('queued');
  });

  it('matches labels that an operator set, every one of them', async () => {
    const wanted = await plane.queued({ labels: { gpu: 'yes', site: 'north' } });
    const worker = await plane.worker();
    const label = (labels: Record<string, string>): Promise<void> =>
      plane.run((change) =>
        plane.workerService.change(change, worker.workerId, { labels }, { id: 'x', name: 'x' }),
      );
    for (const labels of [{ gpu: 'yes' }, { gpu: 'no', site: 'north' }] as Record<string, string>[]) {
      await label(labels);
      expect(await claimed(worker)).toEqual([]);
    }
    await label({ gpu: 'yes', site: 'north', more: 'x' });
    expect(await claimed(worker)).toEqual([wanted]);
  });

  it('gives nothing to who is drained, disabled, revoked or silent about its sandboxes', async () => {
    const id = await plane.queued();
    const drained = await plane.worker();
    await plane.query(`UPDATE workers SET state = 'draining' WHERE id = $1`, [drained.workerId]);
    const disabled = await plane.worker();
    await plane.query(`UPDATE principals SET disabled = true WHERE id = $1`, [disabled.principalId]);
    const revoked = await plane.worker();
    await plane.query(`UPDATE tokens SET revoked_at = now() WHERE id = $1`, [revoked.tokenId]);
    const moved = await plane.worker();
    await plane.query(`UPDATE principals SET zone = 'validator' WHERE id = $1`, [moved.principalId]);
    const { granted, able } = await plane.leases.claim([drained, disabled, revoked, moved]);
    expect([granted.length, able.size]).toEqual([0, 0]);
    expect(await claimed(drained, await plane.worker())).toEqual([id]);
  });

  it('keeps to the time before which an attempt must not start, and says when it comes', async () => {
    const { offerOf, rows } = plane.leases;
    const worker = await plane.worker();
    const offer = offerOf(await plane.workers.find(worker.workerId));
    expect(await rows.nextFitting([offer])).toBeNull();
    const id = await plane.queued({ delayMs: 60_000 });
    expect(await claimed(worker)).toEqual([]);
    const ms = await rows.nextFitting([offer]);
    expect(ms).toBeGreaterThan(1_000);
    expect(ms).toBeLessThanOrEqual(60_000);
    await plane.query(`UPDATE attempts SET not_before = now() WHERE id = $1`, [id]);
    expect(await rows.nextFitting([offer])).toBe(0);
    expect(await claimed(worker)).toEqual([id]);
  });
});

describe('a worker registers', () => {
  const caller = { id: '', name: 'w' };

  it('only in the zone that its principal was made for', async () => {
    const { id } = await plane.principal('agent');
    const register = (zone: 'agent' | 'validator', claims: 'agent' | 'validator'): Promise<string> =>
      plane.run((change) =>
        plane.workerService.register(change, { ...caller, id, zone: claims }, plane.words(zone)),
      );
    await expect(register('validator', 'agent')).rejects.toMatchObject({ code: 'auth.forbidden' });
    // Whatever was read of the caller before: the row decides.
    await expect(register('validator', 'validator')).rejects.toMatchObject({ code: 'auth.forbidden' });
    expect(await register('agent', 'agent')).toMatch(/^wrk_/);
  });

  it('under a name that is nobody else’s', async () => {
    const [a, b] = [await plane.principal(), await plane.principal()];
    const words = plane.words();
    const register = ({ id }: { id: string }): Promise<string> =>
      plane.run((change) => plane.workerService.register(change, { ...caller, id, zone: 'agent' }, words));
    expect(await register(a)).toBe(await register(a));
    await expect(register(b)).rejects.toMatchObject({ code: 'auth.forbidden' });
  });

  it('with labels that the plane asserts for its own, keeping those of operators', async () => {
    const own = await plane.principal('agent', true);
    const words = plane.words();
    const register = (): Promise<string> =>
      plane.run((change) =>
        plane.workerService.register(change, { ...caller, id: own.id, zone: 'agent' }, words),
      );
    const id = await register();
    const labels = async (): Promise<object> => (await plane.workers.find(id)).labels;
    expect(await labels()).toEqual({ os: process.platform, arch: process.arch });
    await plane.run((change) =>
      plane.workerService.change(change, id, { labels: { os: 'beos', gpu: 'yes' } }, caller),
    );
    await register();
    expect(await labels()).toEqual({ os: process.platform, arch: process.arch, gpu: 'yes' });
    const other = await plane.worker();
    expect((await plane.workers.find(other.workerId)).labels).toEqual({});
  });
});
