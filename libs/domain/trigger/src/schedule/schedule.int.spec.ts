import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ScheduleFixture } from './schedule.fixture.js';
import { SchedulesRepository } from './schedule.repository.js';
import { ScheduleSweep } from './schedule.sweep.js';

let plane: ScheduleFixture;
beforeAll(async () => {
  plane = await ScheduleFixture.start();
});
// No case meets another's due times.
afterEach(async () => {
  await plane.endSessions();
  await plane.query(`UPDATE schedules SET state = 'ended', next_due = NULL`);
  expect(await plane.verify()).toBe(true);
});
afterAll(() => plane.stop());

/** An hour but for so little that the next due time is another one. */
const almost = '59 minutes 59.99 seconds';

const jobsOf = (id: string) =>
  plane.query<{ id: string; requested_by: string; labels: Record<string, string> }>(
    `SELECT id, requested_by, labels FROM jobs WHERE labels->>'gatehouse.schedule' = $1`,
    [id],
  );

describe('a due time', () => {
  it('makes one job of its creator, however many engines look at once', async () => {
    const { id, nextDue } = await plane.create();
    expect(await plane.tick()).toEqual([]);
    expect(await plane.runs(id)).toEqual([]);
    await plane.pass(id, '1 hour');
    expect((await Promise.all(Array.from({ length: 5 }, () => plane.tick()))).flat()).toEqual([]);
    await plane.tick();
    const [run, ...more] = await plane.runs(id);
    expect(more).toEqual([]);
    const [job, ...others] = await jobsOf(id);
    expect(others).toEqual([]);
    expect(run).toMatchObject({ state: 'submitted', jobId: job?.id, reason: null, times: 1 });
    expect(job).toMatchObject({
      requested_by: plane.requester.id,
      labels: { team: 'docs', 'gatehouse.schedule': id },
    });
    expect(await plane.find(id)).toMatchObject({
      state: 'active',
      nextDue,
      lastRun: { id: run?.id },
      version: 0,
    });
  });

  it('that is cut off anywhere in its transaction leaves nothing, and is made whole by the next look', async () => {
    const { id } = await plane.create();
    await plane.pass(id, '1 hour');
    const cut = async (table: string, verb: string) => {
      await plane.query(
        `CREATE FUNCTION cut() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'cut'; END $$ LANGUAGE plpgsql`,
      );
      await plane.query(
        `CREATE CONSTRAINT TRIGGER cut AFTER ${verb} ON ${table} DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION cut()`,
      );
      const engine = await plane.tick();
      await plane.query(`DROP FUNCTION cut CASCADE`);
      return engine;
    };
    expect(await cut('schedules', 'UPDATE')).toHaveLength(1);
    expect(await plane.runs(id)).toEqual([]);
    expect(await jobsOf(id)).toEqual([]);
    // It rests after trouble; another engine does not know of that.
    expect(await plane.tick()).toEqual([]);
    expect(await plane.runs(id)).toEqual([]);
    expect(await plane.freshTick()).toEqual([]);
    expect(await plane.runs(id)).toHaveLength(1);
    expect(await jobsOf(id)).toHaveLength(1);
  });

  it('of once is its last', async () => {
    const once = new Date(Date.now() + 3_600_000).toISOString();
    const { id } = await plane.create({ when: { once } });
    await plane.query(
      `UPDATE schedules SET next_due = now() - interval '1 s',
         due_when = jsonb_build_object('once', to_char(now() - interval '1 s', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) WHERE id = $1`,
      [id],
    );
    await plane.tick();
    expect(await jobsOf(id)).toHaveLength(1);
    expect(await plane.find(id)).toMatchObject({
      state: 'ended',
      nextDue: null,
      reason: 'Its only time has come.',
    });
    expect(await plane.tick()).toEqual([]);
    expect(await plane.runs(id)).toHaveLength(1);
  });
});

describe('a day without an engine', () => {
  it('is caught up with one job and one note', async () => {
    const { id } = await plane.create({ when: { every: '1m' } });
    await plane.pass(id, '1 day');
    await plane.tick();
    const [missed, last, ...more] = await plane.runs(id);
    expect(more).toEqual([]);
    expect(missed).toMatchObject({ state: 'skipped', jobId: null, reason: { code: 'schedule.missed' } });
    expect(missed?.times).toBe(1000);
    expect(last).toMatchObject({ state: 'submitted', times: 1 });
    expect(Date.parse(last!.dueAt) - Date.parse(missed!.lastDueAt)).toBe(60_000);
    expect(await jobsOf(id)).toHaveLength(1);
    expect(Date.parse((await plane.find(id)).nextDue!)).toBe(Date.parse(last!.dueAt) + 60_000);
    await plane.tick();
    expect(await plane.runs(id)).toHaveLength(2);
  });

  it('is left out where that is wished, but a time that has just come is run', async () => {
    const { id } = await plane.create({ when: { every: '1h' }, catchUp: 'skip' });
    await plane.pass(id, '25 hours 30 minutes');
    await plane.tick();
    expect(await plane.runs(id)).toMatchObject([{ state: 'skipped', times: 25 }]);
    await plane.pass(id, '30 minutes');
    await plane.tick();
    expect(await plane.runs(id)).toMatchObject([{ state: 'skipped' }, { state: 'submitted', times: 1 }]);
  });
});

describe('a time that comes while', () => {
  it('the job before is live is left out, or run beside it where that is allowed', async () => {
    const one = await plane.create();
    const other = await plane.create({ overlap: 'allow' });
    for (const [{ id }, by] of [
      [one, '1 hour'],
      [other, '1 hour'],
      [one, almost],
      [other, almost],
    ] as const) {
      await plane.pass(id, by);
      await plane.tick();
    }
    const [first, second] = await plane.runs(one.id);
    expect(second).toMatchObject({ state: 'skipped', reason: { code: 'schedule.overlap' } });
    expect(second?.reason?.message).toContain(first?.jobId);
    expect(await plane.runs(other.id)).toMatchObject([{ state: 'submitted' }, { state: 'submitted' }]);
    await plane.endSessions();
    await plane.pass(one.id, almost);
    await plane.tick();
    expect((await plane.runs(one.id)).map(({ state }) => state)).toEqual([
      'submitted',
      'skipped',
      'submitted',
    ]);
  });

  it('its creator is disabled is refused, and the schedule is paused', async () => {
    const creator = await plane.principal('requester');
    const { id } = await plane.create({}, creator);
    await plane.query('UPDATE principals SET disabled = true WHERE id = $1', [creator.id]);
    await plane.pass(id, '1 hour');
    await plane.tick();
    expect(await plane.runs(id)).toMatchObject([
      { state: 'refused', jobId: null, reason: { code: 'schedule.creator' } },
    ]);
    const { state, reason, nextDue } = await plane.find(id);
    expect({ state, nextDue }).toEqual({ state: 'paused', nextDue: null });
    expect(reason).toContain(`${creator.name}, who made the schedule, is disabled`);
  });

  it('policy or repository refuse its job is a run that says so, and the next time comes', async () => {
    const { id } = await plane.create();
    await plane.query(`UPDATE repositories SET name = 'renamed'`);
    await plane.pass(id, '1 hour');
    await plane.tick();
    await plane.query(`UPDATE repositories SET name = 'widgets'`);
    await plane.query(
      `UPDATE schedules SET job = jsonb_set(job, '{spec,limits,execution}', '"7d"') WHERE id = $1`,
      [id],
    );
    await plane.pass(id, almost);
    await plane.tick();
    expect(await plane.runs(id)).toMatchObject([
      { state: 'refused', reason: { code: 'repository.not_found' } },
      { state: 'refused', reason: { code: 'policy.denied' } },
    ]);
    expect(await plane.find(id)).toMatchObject({ state: 'active' });
    expect(await jobsOf(id)).toEqual([]);
  });
});

describe('what people do', () => {
  const change = (who: 'requester' | 'operator', id: string, body: Record<string, unknown>) =>
    plane.changes.run((c) => plane.service.change(c, plane[who], id, body as { version: number }));

  it('pause and resume: what falls due meanwhile is left out', async () => {
    const { id } = await plane.create({ when: { every: '1h' } });
    const paused = await change('operator', id, { version: 0, state: 'paused', reason: 'freeze' });
    expect(paused).toMatchObject({ state: 'paused', reason: 'freeze', nextDue: null, version: 1 });
    await plane.tick();
    await expect(change('operator', id, { version: 0, state: 'active' })).rejects.toMatchObject({
      code: 'schedule.version_conflict',
    });
    const resumed = await change('requester', id, { version: 1, state: 'active' });
    expect(resumed).toMatchObject({ state: 'active', reason: null });
    expect(Date.parse(resumed.nextDue!)).toBeGreaterThan(Date.now());
    expect(await plane.runs(id)).toEqual([]);
  });

  it('only its creator writes what it says; others but operators do nothing to it', async () => {
    const { id } = await plane.create();
    const stranger = await plane.principal('requester');
    const by = (body: Record<string, unknown>) =>
      plane.changes.run((c) => plane.service.change(c, stranger, id, { version: 0, ...body }));
    await expect(by({ state: 'paused' })).rejects.toMatchObject({ code: 'auth.forbidden' });
    await expect(plane.trigger(stranger, id)).rejects.toMatchObject({ code: 'auth.forbidden' });
    await expect(
      change('operator', id, { version: 0, job: plane.given({}, { goal: 'Mine' }).job }),
    ).rejects.toMatchObject({ code: 'auth.forbidden' });
    const when = { cron: '0 3 * * *', timezone: 'Europe/Berlin' };
    const changed = await change('requester', id, { version: 0, when, name: 'nightly' });
    expect(changed).toMatchObject({ name: 'nightly', when, version: 1 });
    expect(changed.nextDue).toMatch(/T0[12]:00:00.000Z$/);
  });

  it('run it now, paused or not, as its creator; delete it, twice, for good', async () => {
    const { id } = await plane.create();
    await change('operator', id, { version: 0, state: 'paused' });
    const run = await plane.trigger(plane.operator, id);
    expect(run).toMatchObject({ state: 'submitted', triggeredBy: plane.operator.id });
    expect(await jobsOf(id)).toMatchObject([{ id: run.jobId, requested_by: plane.requester.id }]);
    const end = () => plane.changes.run((c) => plane.service.end(c, plane.requester, id));
    expect(await end()).toMatchObject({ state: 'ended', version: 2 });
    expect(await end()).toMatchObject({ state: 'ended', version: 2 });
    await expect(plane.trigger(plane.operator, id)).rejects.toMatchObject({
      code: 'schedule.state_conflict',
    });
    await expect(change('requester', id, { version: 2, state: 'active' })).rejects.toMatchObject({
      code: 'schedule.state_conflict',
    });
  });

  it.each([
    [{ when: { once: '2020-01-01T00:00:00Z' } }, 'when.once', 'lies in the past'],
    [{ when: { once: '9999-01-01T00:00:00Z' } }, 'when.once', 'more than ten years ahead'],
    [{ when: { every: '1h', from: '9999-01-01T00:00:00Z' } }, 'when.from', 'more than ten years ahead'],
    [{ when: { cron: '99 3 * * *', timezone: 'UTC' } }, 'when.cron', '0-59'],
    [{ when: { cron: '0 3 30 2 *', timezone: 'UTC' } }, 'when.cron', 'is never due'],
  ])('%j is refused at its place', async (more, path, message) => {
    await expect(plane.create(more)).rejects.toMatchObject({
      code: 'request.invalid',
      details: { errors: [{ path, message: expect.stringContaining(message) }] },
    });
  });

  it('runs that were kept long enough go, but for the newest and the newest that made a job', async () => {
    const { id } = await plane.create();
    const run = await plane.trigger(plane.operator, id);
    const state = (n: number) => `${n} ${n === 3 ? 'later' : 'early'}`;
    for (const n of [1, 2, 3])
      await plane.query(
        `INSERT INTO schedule_runs (id, schedule_id, due_at, state, reason_code, reason_message, due_times, last_due_at, created_at)
         VALUES ($1, $2, $3, 'skipped', 'x', $4, 1, now(), now() - interval '200 days')`,
        [`run_${n === 3 ? 'Z' : '0'}${'0'.repeat(24)}${n}`, id, new Date(n), state(n)],
      );
    await plane.query(
      `UPDATE schedule_runs SET created_at = now() - interval '200 days' WHERE schedule_id = $1`,
      [id],
    );
    await plane.app.get(ScheduleSweep).run();
    const { items } = await plane.app.get(SchedulesRepository).runs(id, { limit: 10 });
    expect(items.map((one) => one.reason?.message ?? one.id)).toEqual(['3 later', run.id]);
  });

  it('a job that policy refuses is not stored, and the place is named within the schedule', async () => {
    const given = plane.given({}, { limits: { execution: '7d' } });
    await expect(plane.service.check(plane.requester, given)).rejects.toMatchObject({
      code: 'policy.denied',
      details: { errors: [{ path: 'job.spec.limits.execution' }] },
    });
  });

  it('ask when it would be due, and what is wrong with it; nothing of that is written', async () => {
    const before = await plane.query('SELECT id FROM schedules');
    const heads = () => plane.query('SELECT count(*) FROM ledger_events');
    const [counted] = await heads();
    const ask = (times: Parameters<typeof plane.given>[0], spec = {}) =>
      plane.service.preview(plane.requester, plane.given(times, spec));
    const { due } = await ask({ when: { cron: '30 9 1 1 *', timezone: 'Europe/Berlin' } });
    expect(due.map((instant) => instant.slice(4))).toEqual(Array(3).fill('-01-01T08:30:00.000Z'));
    const once = new Date(Date.now() + 3_600_000).toISOString();
    expect(await ask({ when: { once } })).toEqual({ due: [once] });
    await expect(ask({ when: { once: '2020-01-01T00:00:00Z' } })).rejects.toMatchObject({
      details: { errors: [{ path: 'when.once' }] },
    });
    await expect(ask({}, { limits: { execution: '7d' } })).rejects.toMatchObject({
      details: { errors: [{ path: 'job.spec.limits.execution' }] },
    });
    expect(await plane.query('SELECT id FROM schedules')).toEqual(before);
    expect(await heads()).toEqual([counted]);
  });
});
