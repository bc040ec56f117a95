import type { LedgerEvent } from '@gatehouse/contracts';
import type { Cli, Noun } from '../cli.js';
import { CliFault, Interrupted } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { ageOf, fieldLines, tableLines } from '../table.print.js';
import { eventLine, stageOf } from '../watch/event.line.js';

interface EventsOptions {
  readonly follow?: true;
  readonly after: string;
}

const showEvents = async (
  cli: Cli,
  sessionId: string,
  { follow, after: text }: EventsOptions,
): Promise<void> => {
  if (!/^\d{1,15}$/.test(text))
    throw new CliFault('usage', `"${text}" is not a seq`, 'give --after a whole number');
  const client = await cli.client();
  const purposes = new Map<string, string>();
  const show = (event: LedgerEvent) =>
    cli.out.item(
      event,
      () => `${String(event.seq).padStart(5)}  ${eventLine(event, stageOf(event, purposes))}`,
    );
  let after = Number(text);
  if (!follow) {
    for (;;) {
      const page = await client.call('sessions.events', {
        params: { id: sessionId },
        query: { after, limit: 1000 },
      });
      page.items.forEach(show);
      if (page.items.length === 0 || page.next <= after) return;
      after = page.next;
    }
  }
  const { signal } = cli.io;
  const onReconnect = ({ message }: Error) => cli.out.progress(`${message} Trying again.`);
  try {
    for await (const event of client.followEvents(sessionId, { lastEventId: after, signal, onReconnect })) {
      show(event);
      if (event.type === 'session.state_changed' && event.payload?.['to'] === 'ended') return;
    }
  } catch (error) {
    throw signal.aborted ? new Interrupted() : error;
  }
};

export const sessionVerbs: Noun = (program, verb) => {
  const session = program.command('session').description('The durable life of one agent on one job');

  withLimit(
    verb<ListOptions & { job?: string }>(
      session,
      'list',
      'List sessions, newest first',
      async (cli, _, o) => {
        const { max, page } = limitOf(o);
        const query = { limit: page, jobId: o.job };
        const sessions = await collect((await cli.client()).pages('sessions.list', { query }, { max }));
        cli.out.table(
          sessions,
          [
            { title: 'session', of: ({ id }) => id },
            { title: 'state', of: ({ state, outcome }) => outcome ?? state },
            { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
            { title: 'job', of: ({ jobId }) => jobId },
            { title: 'path', of: ({ path }) => path },
          ],
          'No sessions.',
        );
      },
    ),
  ).option('--job <job>', 'only of this job');

  verb(session, 'show <session>', 'Show a session and its attempts', async (cli, [id]) => {
    const client = await cli.client();
    const params = { id: String(id) };
    const [found, { items: attempts }] = await Promise.all([
      client.call('sessions.get', { params }),
      client.call('sessions.attempts', { params }),
    ]);
    cli.out.result({ session: found, attempts }, () => [
      ...fieldLines([
        ['session', found.id],
        ['job', found.jobId],
        ['state', found.state],
        ['outcome', found.outcome],
        ['suspended', found.suspendedBecause],
        ['reason', found.reason && `${found.reason.message} [${found.reason.code}]`],
        ['base', found.base?.commit],
        ['candidate', found.candidateId],
        ['created', found.createdAt],
        ['ended', found.endedAt],
      ]),
      ...(attempts.length === 0 ? [] : ['']),
      ...(attempts.length === 0
        ? []
        : tableLines(attempts, [
            { title: 'attempt', of: (attempt) => attempt.id },
            { title: 'purpose', of: ({ purpose, number }) => `${purpose} ${number}` },
            { title: 'state', of: ({ state }) => state },
            { title: 'capability', of: ({ capability }) => capability },
            { title: 'worker', of: ({ worker }) => worker },
            { title: 'reason', of: ({ reason }) => reason?.message },
          ])),
    ]);
  });

  verb<{ reason: string }>(
    session,
    'resume <session>',
    'Let a suspended session go on: its agent is started anew',
    async (cli, [id], { reason }) => {
      const client = await cli.client();
      const found = await client.call('sessions.resume', { params: { id: String(id) }, body: { reason } });
      cli.out.result(found, () => [`${found.id} goes on; its agent is started anew.`]);
    },
  ).requiredOption('--reason <text>', 'what was found out, for the history');

  verb<{ text: string }>(
    session,
    'change <session>',
    'Ask for a change of what its open pull request shows: a further attempt on the same branch',
    async (cli, [id], { text }) => {
      const client = await cli.client();
      const params = { id: String(id) };
      const found = await client.call('sessions.request_change', { params, body: { text } });
      cli.out.result(found, () => [
        `${found.id} goes on from what was published. Watch it with gatehouse job watch ${found.jobId}`,
      ]);
    },
  ).requiredOption('--text <text>', 'what the agent is told beside the goal');

  verb<EventsOptions>(
    session,
    'events <session>',
    'Show the history of a session; one JSON value a line with --json',
    (cli, [id], o) => showEvents(cli, String(id), o),
  )
    .option('-f, --follow', 'go on until the session ends')
    .option('--after <seq>', 'only events after this one', '0');
};
