import { randomUUID } from 'node:crypto';
import type { Client } from '@gatehouse/client';
import {
  Duration,
  durationMs,
  Instant,
  JobPhase,
  JobSpec,
  type Job,
  type JobSpecInput,
} from '@gatehouse/contracts';
import { Option, type Command } from 'commander';
import type { Cli, Noun } from '../cli.js';
import { readDocument } from '../document.file.js';
import { CliFault, type ExitName } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { findPrincipal } from '../lookup.js';
import { ageOf, fieldLines, short } from '../table.print.js';
import { outcomeLines } from '../watch/job.outcome.js';
import { resultsOf, watchJob } from '../watch/job.watch.js';

export interface SubmitOptions {
  readonly watch?: true;
  readonly idempotencyKey?: string;
}

export const withSubmit = (command: Command): Command =>
  command
    .option('-w, --watch', 'show it live until it ends; the exit code is its outcome')
    .option(
      '--idempotency-key <key>',
      'the same key and document never make a second job (default: a new key)',
    );

/** Submits and, if asked, watches. Every submission has a key, so that a repeated call cannot make two jobs. */
export const submitJob = async (cli: Cli, body: JobSpecInput, options: SubmitOptions): Promise<ExitName> => {
  const client = await cli.client();
  const key = options.idempotencyKey ?? randomUUID();
  if (!/^[!-~]{1,200}$/.test(key)) {
    throw new CliFault('usage', 'the idempotency key is not valid', 'use 1 to 200 visible ASCII characters');
  }
  const job = await client.call('jobs.create', {
    body,
    idempotencyKey: key,
    signal: cli.io.signal,
  });
  if (!options.watch) {
    cli.out.result(job, () => [job.id]);
    cli.out.progress(`Accepted ${job.name}. Watch it with gatehouse job watch ${job.id}`);
    return 'ok';
  }
  cli.out.progress(`Accepted ${job.name} as ${job.id}.`);
  return watchJob(cli, job.id);
};

const untrustedOf = ({ spec: { spec } }: Job): string | null => {
  const from = (spec.inputs ?? []).filter(({ trust }) => trust === 'untrusted');
  return from.length === 0 ? null : from.map(({ source }) => source).join(', ');
};

const showJob = (job: Job, now: number): string[] =>
  fieldLines([
    ['job', job.id],
    ['name', job.name],
    ['phase', job.phase],
    ['reason', job.reason],
    ['repository', job.repository ?? '(a task)'],
    ['base', job.base && `${job.base.ref} ${job.base.commit ?? '(being pinned)'}`],
    ['agent', job.spec.spec.agent.adapter],
    ['goal', job.spec.spec.goal],
    ['untrusted', untrustedOf(job)],
    ['requested by', job.requestedBy.name],
    ['session', job.sessionId],
    ['spec digest', job.specDigest],
    ['submitted', `${job.createdAt} (${ageOf(job.createdAt, now)} ago)`],
    ['ended', job.endedAt],
  ]);

interface JobListOptions extends ListOptions {
  readonly repository?: string;
  readonly name?: string;
  readonly namePrefix?: string;
  readonly phase?: JobPhase;
  readonly label?: string;
  readonly requester?: string;
  readonly since?: string;
  readonly until?: string;
  readonly live?: true;
  readonly ended?: true;
}

/** An instant, or a length of time that counts back from now. */
const instantOf = (flag: string, given: string | undefined, now: number): string | undefined => {
  if (given === undefined) return undefined;
  if (Duration.safeParse(given).success) return new Date(now - durationMs(given)).toISOString();
  const time = Date.parse(given);
  if (/^\d{4}-\d{2}-\d{2}/.test(given) && !Number.isNaN(time)) {
    const instant = Instant.safeParse(new Date(time).toISOString());
    if (instant.success) return instant.data;
  }
  throw new CliFault(
    'usage',
    `"${given}" is not a time`,
    `give ${flag} like 2026-01-31, 2026-01-31T12:00:00Z or 24h`,
  );
};

const requesterOf = async (client: Client, who: string): Promise<string> =>
  who === 'me' ? (await client.call('me.get')).principal.id : (await findPrincipal(client, who)).id;

export const jobVerbs: Noun = (program, verb) => {
  const job = program.command('job').description('Work for an agent: submit, check, watch, cancel');

  withSubmit(
    verb<SubmitOptions>(
      job,
      'submit <file>',
      'Submit a JobSpec from a YAML or JSON file, - for standard input',
      async (cli, [file], options) =>
        submitJob(cli, await readDocument(cli.io, String(file), JobSpec), options),
    ),
  );

  verb(
    job,
    'check <file>',
    'Validate a JobSpec and show the policy it would run under',
    async (cli, [file]) => {
      const body = await readDocument(cli.io, String(file), JobSpec);
      const answer = await (await cli.client()).call('jobs.check', { body });
      cli.out.result(answer, () => [
        `Valid. Digest ${answer.specDigest}`,
        ...fieldLines([
          ['layers', answer.policy.layers.map(({ layer, name }) => `${layer} ${name}`).join(', ')],
          ['level', `up to ${answer.policy.promotion.maxLevel}`],
          ['approvals', answer.policy.promotion.quorum],
          ['commands', answer.policy.commands.map(({ name }) => name).join(', ')],
          ['patch limit', `${answer.policy.limits.files} files, ${answer.policy.limits.patchBytes} bytes`],
        ]),
      ]);
    },
  );

  withLimit(
    verb<JobListOptions>(job, 'list', 'List jobs, newest first', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      if (o.live && o.ended)
        throw new CliFault('usage', '--live and --ended exclude each other', 'give one of them');
      const live = o.live ? ('true' as const) : o.ended ? ('false' as const) : undefined;
      const now = cli.io.now();
      const [createdAfter, createdBefore] = [
        instantOf('--since', o.since, now),
        instantOf('--until', o.until, now),
      ];
      const client = await cli.client();
      const { repository, name, namePrefix, phase, label } = o;
      const requestedBy = o.requester === undefined ? undefined : await requesterOf(client, o.requester);
      const what = { repository, name, namePrefix, phase, label, live };
      const query = { limit: page, ...what, requestedBy, createdAfter, createdBefore };
      const jobs = await collect(client.pages('jobs.list', { query }, { max }));
      cli.out.table(
        jobs,
        [
          { title: 'job', of: ({ id }) => id },
          { title: 'phase', of: ({ phase }) => phase },
          { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
          { title: 'by', of: ({ requestedBy }) => requestedBy.name },
          { title: 'repository', of: ({ repository }) => repository },
          { title: 'base', of: ({ base }) => short(base?.commit) ?? base?.ref },
          { title: 'name', of: ({ name }) => name },
        ],
        'No jobs. Submit one with gatehouse job submit FILE.',
      );
    }),
  )
    .option('--repository <name>', 'only of this repository')
    .option('--name <name>', 'only of this name')
    .option('--name-prefix <text>', 'only those whose name begins so')
    .addOption(new Option('--phase <phase>', 'only in this phase').choices(JobPhase.options))
    .option('--label <key=value>', 'only with this label')
    .option('--requester <who>', 'only of this principal, by id or name; me is yourself')
    .option('--since <when>', 'submitted since an instant, or e.g. 24h ago')
    .option('--until <when>', 'submitted before an instant, or e.g. 1h ago')
    .option('--live', 'only those that have not ended')
    .option('--ended', 'only those that have ended');

  verb(job, 'show <job>', 'Show a job and what came of it', async (cli, [id]) => {
    const client = await cli.client();
    const found = await client.call('jobs.get', { params: { id: String(id) } });
    const { candidate, promotion } = await resultsOf(client, found);
    cli.out.result({ job: found, candidate: candidate ?? null, promotion: promotion ?? null }, () => [
      ...showJob(found, cli.io.now()),
      ...(found.endedAt === null ? [] : ['', ...outcomeLines(found, candidate, promotion)]),
    ]);
  });

  verb(job, 'watch <job>', 'Show a job live until it ends; the exit code is its outcome', (cli, [id]) =>
    watchJob(cli, String(id)),
  );

  verb<{ reason?: string; watch?: true }>(
    job,
    'cancel <job>',
    'Cancel a job and end its processes',
    async (cli, [id], o) => {
      const client = await cli.client();
      const body = o.reason === undefined ? {} : { reason: o.reason };
      const cancelled = await client.call('jobs.cancel', { params: { id: String(id) }, body });
      if (!o.watch) {
        cli.out.result(cancelled, () => [`${cancelled.id} is being cancelled (${cancelled.phase})`]);
        return 'ok';
      }
      const exit = await watchJob(cli, cancelled.id);
      // Cancelled is what was asked for here.
      const after = await client.call('jobs.get', { params: { id: cancelled.id } });
      return after.phase === 'cancelled' ? 'ok' : exit;
    },
  )
    .option('--reason <text>', 'why, for the history')
    .option('-w, --watch', 'wait until its processes have ended');

  job.addHelpText(
    'after',
    '\nA watched job ends with 0 where it was promoted, stored or changed nothing, and with 1 otherwise.',
  );
};
