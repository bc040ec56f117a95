import { randomUUID } from 'node:crypto';
import { createClient } from '@gatehouse/client';
import type { CreateScheduleInput } from '@gatehouse/contracts';
import { until } from './forge.js';
import { scripted } from './job.specs.js';
import type { Plane } from './plane.js';

const repository = 'clock';

/** Schedules in every state, with runs of every kind; whoever looks at them, by `secret`, has stored one of them. */
export const stageSchedules = async (
  plane: Plane,
  secret: string,
): Promise<Readonly<Record<string, string>>> => {
  await plane.repository(repository, { 'README.md': 'A clock.\n' });
  const client = await plane.as('clockmaker', 'requester');
  const looking = createClient({ baseUrl: plane.url, token: secret });
  const store = (
    name: string,
    when: CreateScheduleInput['when'],
    script = 'echo tick >> ticks.md',
    by = client,
  ) =>
    by.call('schedules.create', {
      body: { name, when, job: scripted(name, repository, script, { goal: 'Write down another hour' }) },
      idempotencyKey: randomUUID(),
    });
  const run = ({ id }: { id: string }) => client.call('schedules.trigger', { params: { id } });
  const nightly = await store('tidy-nightly', { cron: '0 3 * * 1-5', timezone: 'Europe/Berlin' });
  await run(nightly);
  const { jobId } = (await client.call('schedules.runs', { params: { id: nightly.id }, query: {} }))
    .items[0]!;
  await until('the job of the first run to end', async () => {
    const { endedAt } = await client.call('jobs.get', { params: { id: jobId! } });
    return endedAt ?? undefined;
  });
  const slow = await store(
    'a-schedule-with-a-name-of-the-greatest-length-that-is-sensible',
    { every: '90m' },
    'sleep 600',
  );
  await run(slow);
  // The job before is live still, so this one is left out.
  await run(slow);
  await store('once-after-the-release', { once: new Date(Date.now() + 3 * 86_400_000).toISOString() });
  const paused = await store('weekly-report', { cron: '30 8 * * mon', timezone: 'America/New_York' });
  await client.call('schedules.change', {
    params: { id: paused.id },
    body: { version: paused.version, state: 'paused', reason: 'Nobody reads it in summer.' },
  });
  const own = await store('every-first', { cron: '0 6 1 * *', timezone: 'UTC' }, undefined, looking);
  const over = await store('no-longer', { every: '1d' });
  await client.call('schedules.end', { params: { id: over.id } });
  return {
    list: '/schedules',
    nightly: `/schedules/${nightly.id}`,
    change: `/schedules/${own.id}/change`,
    'change-not-own': `/schedules/${nightly.id}/change`,
    slow: `/schedules/${slow.id}`,
    paused: `/schedules/${paused.id}`,
    none: '/schedules?state=ended&repository=none',
  };
};
