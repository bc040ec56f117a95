import { ApiProblem, type Client, type EventStream } from '@gatehouse/client';
import type { Candidate, Job, LedgerEvent, Promotion } from '@gatehouse/contracts';
import type { Cli } from '../cli.js';
import { Interrupted, type ExitName } from '../exit.code.js';
import { eventLine, stageOf, type Stage } from './event.line.js';
import { exitOfJob, outcomeLines } from './job.outcome.js';
import { OutputReader } from './output.follow.js';

/** After this long without an event the job itself is asked, in milliseconds. */
const pollMs = 3_000;

interface Watched {
  readonly cli: Cli;
  readonly client: Client;
  readonly readers: Map<string, OutputReader>;
  readonly purposes: Map<string, string>;
  readonly seen: Set<Stage>;
}

const showOutput = async ({ cli, client, readers }: Watched, attemptId: string): Promise<void> => {
  const reader = readers.get(attemptId) ?? new OutputReader(client, attemptId, cli.io.signal);
  readers.set(attemptId, reader);
  if (reader.isSealed) return;
  for (const { stream, line } of await reader.read()) {
    cli.out.item(
      { kind: 'output', attemptId, stream, line },
      () => `          ${stream === 'stderr' ? '!' : '│'} ${line}`,
    );
  }
};

const showEvent = async (watched: Watched, event: LedgerEvent): Promise<void> => {
  const { cli, purposes, seen } = watched;
  const payload = event.payload ?? {};
  const attemptId = typeof payload['attemptId'] === 'string' ? payload['attemptId'] : undefined;
  if (attemptId && typeof payload['purpose'] === 'string') purposes.set(attemptId, payload['purpose']);
  const stage = stageOf(event, purposes);
  if (stage !== 'session' && stage !== 'policy' && !seen.has('policy')) {
    // The merge of the layers is no event of its own; an attempt is queued only when it permits the job.
    seen.add('policy');
    if (!cli.out.asJson) {
      cli.out.item(
        null,
        () => `${event.at.slice(11, 19)}  policy      All layers merged; the job is within them`,
      );
    }
  }
  seen.add(stage);
  if (event.type === 'agent.output') {
    if (cli.out.asJson) cli.out.item({ kind: 'event', stage, event }, () => undefined);
    if (attemptId) await showOutput(watched, attemptId);
    return;
  }
  cli.out.item({ kind: 'event', stage, event }, () => eventLine(event, stage));
  if (event.type === 'attempt.state_changed' && attemptId) await showOutput(watched, attemptId);
  if (event.type === 'session.state_changed' && payload['to'] === 'suspended')
    cli.out.progress(
      `Suspended until a person has looked: gatehouse session resume ${event.streamId} --reason …, or gatehouse job cancel`,
    );
  if (event.type === 'approval.requested') {
    const id = payload['promotionId'];
    if (typeof id === 'string') cli.out.progress(`Waits for people: gatehouse promotion approve ${id}`);
    const because: unknown = payload['because'];
    for (const reason of Array.isArray(because) ? because : []) cli.out.progress(`Asked: ${String(reason)}`);
  }
};

const optional = async <T>(call: Promise<T>): Promise<T | undefined> =>
  call.catch((error: unknown) => {
    if (error instanceof ApiProblem && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  });

/** What an ended job left: its candidate and its newest promotion, as far as the caller may see them. */
export const resultsOf = async (
  client: Client,
  job: Job,
): Promise<{ candidate: Candidate | undefined; promotion: Promotion | undefined }> => {
  const query = { sessionId: job.sessionId, limit: 1 };
  const [candidates, promotions] = await Promise.all([
    optional(client.call('candidates.list', { query })),
    optional(client.call('promotions.list', { query })),
  ]);
  const newest = candidates?.items[0];
  const candidate =
    newest &&
    (newest.verdict === null
      ? await optional(
          client.call('candidates.get', { params: { id: newest.id }, query: { sessionId: job.sessionId } }),
        )
      : newest);
  return { candidate: candidate ?? newest, promotion: promotions?.items[0] };
};

const finish = async (watched: Watched, job: Job): Promise<ExitName> => {
  const { cli, client, readers } = watched;
  for (const attemptId of readers.keys()) await showOutput(watched, attemptId);
  const { candidate, promotion } = await resultsOf(client, job);
  const exit = exitOfJob(job);
  cli.out.item(
    { kind: 'outcome', exit, job, candidate: candidate ?? null, promotion: promotion ?? null },
    () => ['', ...outcomeLines(job, candidate, promotion)].join('\n'),
  );
  return exit;
};

const isEnd = ({ type, payload }: LedgerEvent): boolean =>
  type === 'session.state_changed' && (payload?.['to'] ?? payload?.['state']) === 'ended';

/** From here on people decide, and they may take days. */
const isPublished = ({ type }: LedgerEvent): boolean =>
  type === 'pull_request.opened' || type === 'pull_request.updated';

const isAtRest = ({ endedAt, phase }: Job): boolean => endedAt !== null || phase === 'in_review';

/** Settles with the next event, or with undefined after a while of silence. */
const nextWithin = async <T>(next: Promise<T>, ms: number): Promise<T | undefined> => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<undefined>((done) => (timer = setTimeout(done, ms, undefined)));
  return Promise.race([next, silence]).finally(() => clearTimeout(timer));
};

/** Shows events until the job has ended or its pull request is with people; answers the job as it is then. */
const showUntilEnd = async (watched: Watched, stream: EventStream, begun: Job): Promise<Job> => {
  const { client } = watched;
  let job = begun;
  const look = () => client.call('jobs.get', { params: { id: begun.id }, signal: watched.cli.io.signal });
  for (let next = stream.next(); ;) {
    next.catch(() => undefined);
    const got = await nextWithin(next, pollMs);
    if (got?.done) return look();
    if (got) {
      next = stream.next();
      await showEvent(watched, got.value);
      if (isEnd(got.value)) {
        next.catch(() => undefined);
        return look();
      }
      if (isPublished(got.value)) {
        job = await look();
        // A stream that is told from its beginning may show an earlier commit of it.
        if (isAtRest(job)) {
          next.catch(() => undefined);
          return job;
        }
      }
    } else if (isAtRest(job)) {
      // It had ended before this silence began, so everything was shown.
      return job;
    } else {
      job = await look();
    }
  }
};

/**
 * Shows a job from its first event on, live, with the output of its agent, and ends when the job does. With
 * `--json` every line is one value with a `kind`: event, output, and outcome as the last.
 */
export const watchJob = async (cli: Cli, jobId: string): Promise<ExitName> => {
  const client = await cli.client();
  const { signal } = cli.io;
  const job = await client.call('jobs.get', { params: { id: jobId }, signal });
  const watched: Watched = { cli, client, readers: new Map(), purposes: new Map(), seen: new Set() };
  const stop = new AbortController();
  const interrupted = () => stop.abort(new Interrupted());
  signal.addEventListener('abort', interrupted, { once: true });
  const stream = client.followEvents(job.sessionId, {
    signal: stop.signal,
    onReconnect: ({ message }) => cli.out.progress(`${message} Trying again.`),
  });
  try {
    return await finish(watched, await showUntilEnd(watched, stream, job));
  } catch (error) {
    if (!signal.aborted) throw error;
    cli.out.progress(`The job goes on. Watch it again with gatehouse job watch ${jobId}`);
    throw new Interrupted();
  } finally {
    signal.removeEventListener('abort', interrupted);
    stop.abort(new Interrupted());
    await stream.return().catch(() => undefined);
  }
};
