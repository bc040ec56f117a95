import { randomUUID } from 'node:crypto';
import {
  CreateSchedule,
  idPrefixes,
  scheduleStates,
  statesOf,
  type Schedule,
  type ScheduleRun,
  type ScheduleState,
  type ScheduleTimes,
} from '@gatehouse/contracts';
import type { Client } from '@gatehouse/client';
import { Option } from 'commander';
import type { Noun } from '../cli.js';
import { readDocument } from '../document.file.js';
import { CliFault } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { ageOf, fieldLines, type Column } from '../table.print.js';

interface ScheduleListOptions extends ListOptions {
  readonly repository?: string;
  readonly state?: ScheduleState;
}

const timesText = ({ once, every, from, cron, timezone }: ScheduleTimes): string => {
  if (once !== undefined) return `once at ${once}`;
  return every === undefined ? `${cron} (${timezone})` : `every ${every} from ${from}`;
};

/** Until when, in one unit. */
const inText = (at: string | null, now: number): string | undefined => {
  if (at === null) return undefined;
  const left = Date.parse(at) - now;
  return left <= 0 ? 'now' : `in ${ageOf(new Date(now - left).toISOString(), now)}`;
};

const runText = (run: ScheduleRun | null): string | undefined =>
  run === null ? undefined : `${run.state} at ${run.dueAt}`;

/** By id, or by name where only one that has not ended bears it. */
const findSchedule = async (client: Client, wanted: string): Promise<Schedule> => {
  if (new RegExp(`^${idPrefixes.schedule}_[0-9A-Z]{26}$`).test(wanted))
    return client.call('schedules.get', { params: { id: wanted } });
  const query = { limit: 200, name: wanted };
  const all = await collect(client.pages('schedules.list', { query }, { max: 2_000 }));
  const live = all.filter(({ state }) => state !== 'ended');
  const [one, another] = live.length > 0 ? live : all;
  if (one !== undefined && another === undefined) return one;
  throw new CliFault(
    'notFound',
    one === undefined ? `there is no schedule "${wanted}"` : `there are several schedules "${wanted}"`,
    'list them with gatehouse schedule list, and name one by its id',
  );
};

const showSchedule = (schedule: Schedule, now: number): string[] =>
  fieldLines([
    ['schedule', schedule.id],
    ['name', schedule.name],
    ['state', schedule.state],
    ['reason', schedule.reason],
    ['when', timesText(schedule.when)],
    ['next due', schedule.nextDue && `${schedule.nextDue} (${inText(schedule.nextDue, now)})`],
    ['last run', runText(schedule.lastRun)],
    ['job', schedule.job.metadata.name],
    ['goal', schedule.job.spec.goal],
    ['repository', schedule.repository ?? '(a task)'],
    ['catch-up', schedule.catchUp],
    ['overlap', schedule.overlap],
    ['requester', schedule.createdBy.name],
    ['version', schedule.version],
  ]);

const runColumns = (now: number): Column<ScheduleRun>[] => [
  { title: 'due', of: ({ dueAt }) => dueAt },
  { title: 'state', of: ({ state }) => state },
  { title: 'age', of: ({ createdAt }) => ageOf(createdAt, now) },
  { title: 'times', of: ({ times }) => times },
  { title: 'by hand', of: ({ triggeredBy }) => (triggeredBy === null ? null : 'yes') },
  { title: 'job or reason', of: ({ jobId, reason }) => jobId ?? reason?.message },
];

export const scheduleVerbs: Noun = (program, verb) => {
  const schedule = program.command('schedule').description('Jobs that are submitted at their times');

  verb<{ readonly check?: true }>(
    schedule,
    'create <file>',
    'Store a schedule, - for standard input',
    async (cli, [file], { check }) => {
      const body = await readDocument(cli.io, String(file), CreateSchedule);
      const client = await cli.client();
      if (check) {
        const would = await client.call('schedules.check', { body });
        return cli.out.result(would, () => [`${body.name} would be stored; due at:`, ...would.due]);
      }
      const stored = await client.call('schedules.create', { body, idempotencyKey: randomUUID() });
      cli.out.result(stored, () => [stored.id]);
      cli.out.progress(`Stored ${stored.name}: ${timesText(stored.when)}, next due at ${stored.nextDue}.`);
    },
  ).option('--check', 'only say whether it would be stored, and its first three due times');

  withLimit(
    verb<ScheduleListOptions>(schedule, 'list', 'List schedules, newest first', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const { repository, state } = o;
      const query = { limit: page, repository, state };
      const items = await collect((await cli.client()).pages('schedules.list', { query }, { max }));
      const now = cli.io.now();
      cli.out.table(
        items,
        [
          { title: 'schedule', of: ({ name }) => name },
          { title: 'state', of: ({ state }) => state },
          { title: 'next due', of: ({ nextDue }) => inText(nextDue, now) },
          { title: 'last run', of: ({ lastRun }) => lastRun?.state },
          { title: 'repository', of: ({ repository }) => repository },
          { title: 'id', of: ({ id }) => id },
          { title: 'when', of: ({ when }) => timesText(when) },
        ],
        'No schedules. Store one with gatehouse schedule create FILE; docs/schedules.md has examples.',
      );
    }),
  )
    .option('--repository <name>', 'only of this repository')
    .addOption(new Option('--state <state>', 'only in this state').choices(statesOf(scheduleStates)));

  verb(schedule, 'show <schedule>', 'Show a schedule', async (cli, [wanted]) => {
    const found = await findSchedule(await cli.client(), String(wanted));
    cli.out.result(found, () => showSchedule(found, cli.io.now()));
  });

  const moves = [
    ['pause', 'paused', 'Let a schedule make no jobs for now; what falls due meanwhile is left out'],
    ['resume', 'active', 'Let a paused schedule go on'],
  ] as const;
  for (const [name, state, summary] of moves)
    verb<{ readonly reason?: string }>(
      schedule,
      `${name} <schedule>`,
      summary,
      async (cli, [wanted], { reason }) => {
        const client = await cli.client();
        const { id, version } = await findSchedule(client, String(wanted));
        const body = { version, state, ...(reason !== undefined && { reason }) };
        const moved = await client.call('schedules.change', { params: { id }, body });
        cli.out.result(moved, () => [
          `${moved.name} is ${moved.state}${moved.nextDue === null ? '' : `, next due at ${moved.nextDue}`}`,
        ]);
      },
    ).option('--reason <text>', 'why, for the history');

  verb(
    schedule,
    'trigger <schedule>',
    'Run a schedule now, beside its times; 1 where no job came of it',
    async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findSchedule(client, String(wanted));
      const run = await client.call('schedules.trigger', { params: { id }, idempotencyKey: randomUUID() });
      cli.out.result(run, () => [run.jobId ?? `${run.state}: ${run.reason?.message ?? ''}`]);
      return run.jobId === null ? 'refused' : 'ok';
    },
  );

  verb(
    schedule,
    'delete <schedule>',
    'End a schedule for good; its runs and jobs stay',
    async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findSchedule(client, String(wanted));
      const ended = await client.call('schedules.end', { params: { id } });
      cli.out.result(ended, () => [`${ended.name} has ended`]);
    },
  );

  withLimit(
    verb<ListOptions>(
      schedule,
      'runs <schedule>',
      'List what came of its due times, newest first',
      async (cli, [wanted], o) => {
        const { max, page } = limitOf(o);
        const client = await cli.client();
        const { id, name } = await findSchedule(client, String(wanted));
        const asked = { params: { id }, query: { limit: page } };
        const items = await collect(client.pages('schedules.runs', asked, { max }));
        cli.out.table(items, runColumns(cli.io.now()), `${name} has not run yet.`);
      },
    ),
  );
};
