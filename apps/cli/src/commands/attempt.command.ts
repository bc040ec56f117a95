import type { Cli, Noun } from '../cli.js';
import { isTerminal, attemptStates } from '@gatehouse/contracts';
import { Interrupted } from '../exit.code.js';
import { fieldLines } from '../table.print.js';
import { OutputReader } from '../watch/output.follow.js';

interface OutputOptions {
  readonly follow?: true;
  readonly stderr?: true;
  readonly stdout?: true;
}

/** How often the output of a running attempt is asked for, in milliseconds. */
const pollMs = 500;

const showOutput = async (cli: Cli, attemptId: string, o: OutputOptions): Promise<void> => {
  const client = await cli.client();
  const { signal } = cli.io;
  const reader = new OutputReader(client, attemptId, signal);
  const streams =
    o.stderr && !o.stdout ? (['stderr'] as const) : o.stdout && !o.stderr ? (['stdout'] as const) : undefined;
  for (;;) {
    // Asked before reading: what came until then is read in any case.
    const { state } = await client.call('attempts.get', { params: { id: attemptId }, signal });
    for (const { stream, line } of await reader.read(streams)) {
      if (stream === 'stderr' && !cli.out.asJson && !streams) cli.out.progress(line);
      else cli.out.item({ stream, line }, () => line);
    }
    if (!o.follow || reader.isSealed || isTerminal(attemptStates, state)) break;
    await new Promise((done) => setTimeout(done, pollMs));
    if (signal.aborted) throw new Interrupted();
  }
  for (const { stream, line } of reader.flush()) cli.out.item({ stream, line }, () => line);
};

export const attemptVerbs: Noun = (program, verb) => {
  const attempt = program.command('attempt').description('One try of an agent or of the validating commands');

  verb(attempt, 'show <attempt>', 'Show an attempt and what was harvested', async (cli, [id]) => {
    const found = await (await cli.client()).call('attempts.get', { params: { id: String(id) } });
    cli.out.result(found, () => [
      ...fieldLines([
        ['attempt', found.id],
        ['session', found.sessionId],
        ['purpose', `${found.purpose} ${found.number}`],
        ['state', found.state],
        ['reason', found.reason && `${found.reason.message} [${found.reason.code}]`],
        ['capability', found.capability],
        ['worker', found.worker],
        ['generation', found.leaseGeneration],
        ['exit code', found.exitCode],
        ['candidate', found.candidateId],
        ['created', found.createdAt],
        ['started', found.startedAt],
        ['ended', found.endedAt],
      ]),
      ...found.files.map(({ path, size, artifact }) => `  ${path}  ${size} bytes  ${artifact}`),
      ...Object.entries(found.report ?? {}).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
    ]);
  });

  verb<OutputOptions>(
    attempt,
    'output <attempt>',
    'Show what it wrote: its stdout on stdout, its stderr on stderr',
    (cli, [id], o) => showOutput(cli, String(id), o),
  )
    .option('-f, --follow', 'go on until it has ended')
    .option('--stdout', 'only its stdout')
    .option('--stderr', 'only its stderr, on stdout');
};
