import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import {
  JobSpec,
  maxArtifactBytes,
  type Candidate,
  type CandidateVerification,
  type GateResult,
  type JobSpecInput,
} from '@gatehouse/contracts';
import { Option } from 'commander';
import type { Cli, Noun } from '../cli.js';
import { readInput } from '../document.file.js';
import { CliFault } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { findCandidate } from '../lookup.js';
import { ageOf, fieldLines, short } from '../table.print.js';
import { submitJob, withSubmit, type SubmitOptions } from './job.command.js';

interface HandInOptions extends SubmitOptions {
  readonly repo: string;
  readonly base: string;
  readonly title?: string;
  readonly name?: string;
  readonly level?: 'patch' | 'branch' | 'draft_pr';
  readonly target?: string;
}

const nameFrom = (file: string): string =>
  basename(file === '-' ? 'patch' : file)
    .toLowerCase()
    .replace(/\.(?:patch|diff)$/, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80)
    .replace(/^-+|-+$/g, '') || 'patch';

const storePatch = async (cli: Cli, file: string): Promise<string> => {
  const bytes = await readInput(cli.io, file);
  if (bytes.length === 0)
    throw new CliFault('usage', `${file} is empty`, 'make it with git diff --binary --full-index');
  if (bytes.length > maxArtifactBytes) {
    throw new CliFault('usage', `${file} is larger than ${maxArtifactBytes} bytes`, 'split the change');
  }
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  cli.out.progress(`Storing ${bytes.length} bytes as ${digest.slice(0, 19)}…`);
  const artifact = await (
    await cli.client()
  ).call('artifacts.create', {
    body: bytes,
    mediaType: 'text/x-patch',
    signal: cli.io.signal,
  });
  if (artifact.id !== digest) {
    throw new CliFault(
      'outage',
      `the plane stored ${artifact.id} instead of ${digest}`,
      'hand it in again; the line damaged it',
    );
  }
  return artifact.id;
};

const handIn = async (cli: Cli, file: string, o: HandInOptions) => {
  const specFor = (artifact: string): JobSpecInput => ({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: o.name ?? nameFrom(file) },
    spec: {
      repository: o.repo,
      base: o.base,
      goal: o.title ?? `Patch handed in: ${basename(file === '-' ? 'standard input' : file)}`,
      agent: { adapter: 'patch', artifact },
      promotion: {
        ...(o.level ? { level: o.level } : {}),
        ...(o.target ? { target: o.target } : {}),
        ...(o.title ? { title: o.title } : {}),
      },
    },
  });
  // A slip in an option shows before anything is stored.
  const tried = JobSpec.safeParse(specFor(`sha256:${'0'.repeat(64)}`));
  if (!tried.success) {
    const [issue] = tried.error.issues;
    throw new CliFault(
      'usage',
      `${issue?.path.map(String).join('.')}: ${issue?.message}`,
      'mend the option and run it again',
    );
  }
  return submitJob(cli, specFor(await storePatch(cli, file)), o);
};

const mark = ({ answer, required }: GateResult): string =>
  answer === 'pass' ? '✓' : required === false ? '·' : '✗';

const verdictLines = ({ verdict }: Candidate): string[] =>
  (verdict?.gates ?? []).flatMap((gate) => [
    `${mark(gate)} ${gate.gate.padEnd(20)} ${gate.answer.padEnd(12)} ${gate.summary}${gate.required === false ? ' (not required)' : gate.staged === true ? ' (staged)' : ''}`,
    ...gate.findings.flatMap(({ severity, code, path, message, next }) => [
      `    ${severity} ${code}: ${path ? `${path}: ` : ''}${message}`,
      `      ${next}`,
    ]),
  ]);

const verificationLines = (found: CandidateVerification): string[] => [
  found.agrees
    ? `The verdict holds: the same tree, and ${found.answers} answers are byte for byte the same.`
    : 'The verdict does not hold.',
  ...fieldLines([
    ['verdict', found.verdictId],
    ['tree', found.tree ?? 'the patch makes none'],
    ['said', found.staticDigest],
    ['now', found.recomputedDigest],
    ['gates', found.gateSet === 'same' ? 'the same' : 'other ones than decided it'],
  ]),
  ...found.differences.map(
    ({ gate, was, now }) => `  ${gate}: was ${was?.answer ?? 'not asked'}, is ${now?.answer ?? 'not asked'}`,
  ),
  ...(found.withdrawn
    ? ['It is withdrawn: the candidate is judged again and nothing is published on it.']
    : []),
];

const scanners = new Set(['secrets', 'canary']);

const download = async (cli: Cli, wanted: string, output: string | undefined): Promise<void> => {
  const client = await cli.client();
  const { patch, patchBytes, verdict } = await findCandidate(client, wanted);
  if (verdict?.gates.some(({ gate, findings }) => scanners.has(gate) && findings.length > 0))
    cli.out.progress(
      'The patch holds what looks like a credential, which gatehouse candidate diff leaves out.',
    );
  const bytes = await (
    await client.download('artifacts.content', { params: { id: patch }, signal: cli.io.signal })
  ).bytes(maxArtifactBytes);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (digest !== patch) {
    throw new CliFault(
      'outage',
      `the patch that came is ${digest}, not ${patch}`,
      'try again, then run gatehouse verify',
    );
  }
  if (output === undefined) {
    if (cli.out.asJson)
      cli.out.result({ patch, bytes: patchBytes, base64: Buffer.from(bytes).toString('base64') }, () => []);
    else cli.out.bytes(bytes);
    return;
  }
  await cli.io.write(output, bytes, 0o644).catch((cause: unknown) => {
    throw new CliFault(
      'usage',
      `${output} cannot be written (${String((cause as Error).message)})`,
      'name a new file',
      { cause },
    );
  });
  cli.out.result({ patch, bytes: patchBytes, file: output }, () => [
    `${output}: ${bytes.length} bytes, ${patch}`,
  ]);
};

export const candidateVerbs: Noun = (program, verb) => {
  const candidate = program
    .command('candidate')
    .description('Proposed changes, with the answer of every gate');

  withSubmit(
    verb<HandInOptions>(
      candidate,
      'submit <file>',
      'Hand in a patch made elsewhere (git diff --binary --full-index), - for standard input',
      (cli, [file], o) => handIn(cli, String(file), o),
    ),
  )
    .requiredOption('--repo <name>', 'registered repository')
    .requiredOption('--base <commit>', 'what the patch was made on')
    .option('--title <text>', 'one line on what it does')
    .option('--name <name>', 'name of the job (default: from the file)')
    .addOption(new Option('--level <level>', 'how far to publish').choices(['patch', 'branch', 'draft_pr']))
    .option('--target <branch>', 'branch the change is meant for');

  withLimit(
    verb<ListOptions & { job?: string; session?: string }>(
      candidate,
      'list',
      'List candidates, newest first',
      async (cli, _, o) => {
        const { max, page } = limitOf(o);
        const query = { limit: page, jobId: o.job, sessionId: o.session };
        const items = await collect((await cli.client()).pages('candidates.list', { query }, { max }));
        cli.out.table(
          items,
          [
            { title: 'candidate', of: ({ id }) => short(id, 20) },
            { title: 'alias', of: ({ alias }) => alias },
            { title: 'state', of: ({ state }) => state },
            { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
            { title: 'files', of: ({ files }) => files },
            { title: 'base', of: ({ base }) => short(base) },
            { title: 'tree', of: ({ tree }) => short(tree) },
            { title: 'repository', of: ({ repository }) => repository },
          ],
          'No candidates.',
        );
      },
    ),
  )
    .option('--job <job>', 'only of this job')
    .option('--session <session>', 'only of this session');

  verb(
    candidate,
    'show <candidate>',
    'Show a candidate and what every gate answered',
    async (cli, [wanted]) => {
      const found = await findCandidate(await cli.client(), String(wanted));
      cli.out.result(found, () => [
        ...fieldLines([
          ['candidate', found.id],
          ['alias', found.alias],
          ['state', found.state],
          ['repository', found.repository],
          ['base', found.base],
          ['base tree', found.baseTree],
          ['tree', found.tree],
          ['patch', `${found.patch} (${found.patchBytes} bytes, ${found.files} files)`],
          ['job', found.jobId],
          ['session', found.sessionId],
          ['verdict', found.verdict && `${found.verdict.outcome} at ${found.verdict.decidedAt}`],
          ['policy', found.verdict?.policyDigest],
          ['repair', found.verdict?.repair?.sentence],
        ]),
        ...(found.verdict ? ['', ...verdictLines(found)] : []),
      ]);
    },
  );

  verb(
    candidate,
    'gates <candidate>',
    'Show what every gate answered, with its findings',
    async (cli, [wanted]) => {
      const found = await findCandidate(await cli.client(), String(wanted));
      cli.out.result(found.verdict?.gates ?? [], () =>
        found.verdict ? verdictLines(found) : ['No verdict yet: the candidate is being judged.'],
      );
    },
  );

  verb(
    candidate,
    'verify <candidate>',
    'Make it again from its patch, ask every static gate anew and compare with the verdict',
    async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findCandidate(client, String(wanted));
      const found = await client.call('candidates.verify', { params: { id } });
      cli.out.result(found, () => verificationLines(found));
      return found.agrees ? 'ok' : 'refused';
    },
  );

  verb(
    candidate,
    'sarif <candidate>',
    'Print what its verdict found as SARIF 2.1.0, for tools that show findings beside code',
    async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findCandidate(client, String(wanted));
      const log = await client.call('candidates.sarif', { params: { id } });
      cli.out.result(log, () => [JSON.stringify(log, null, 2)]);
    },
  );

  verb(candidate, 'diff <candidate>', 'Show what it changes, file by file', async (cli, [wanted]) => {
    const client = await cli.client();
    const { id } = await findCandidate(client, String(wanted));
    const diff = await client.call('candidates.diff', { params: { id } });
    cli.out.result(diff, () => [
      ...diff.files.flatMap((file) => [
        `${file.status} ${file.path}  ${file.oldMode} → ${file.newMode}${file.binary ? '  (binary)' : ''}`,
        ...(file.hunks?.trimEnd().split('\n') ?? []),
        ...(file.masked === null
          ? ['… no line is shown: too much in this file looks like credentials']
          : file.truncated
            ? ['… this file is longer']
            : []),
      ]),
      ...(diff.truncated ? ['… more files changed'] : []),
    ]);
  });

  verb<{ output?: string }>(
    candidate,
    'patch <candidate>',
    'Write its patch, checked against its digest, to stdout or a file',
    (cli, [wanted], o) => download(cli, String(wanted), o.output),
  ).option('-o, --output <file>', 'a new file to write it to');
};
