import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { PolicyDocument } from '@gatehouse/contracts';
import { stringify } from 'yaml';
import { ResidentCli, runCli, type Ran, type Running } from '../src/built.cli.js';
import { clone, readExample } from '../src/examples.js';
import { type Plane, type Target } from '../src/plane.js';

const verbs = [
  ...['start', 'stop', 'status', 'doctor', 'panel', 'verify'],
  ...['submit', 'check', 'list', 'show', 'watch', 'cancel'].map((verb) => `job ${verb}`),
  ...['list', 'show', 'events'].map((verb) => `session ${verb}`),
  ...['submit', 'list', 'show', 'diff', 'patch'].map((verb) => `candidate ${verb}`),
  ...['list', 'show', 'approve', 'reject', 'abort', 'retry'].map((verb) => `promotion ${verb}`),
  ...['add', 'list', 'show', 'mode', 'fetch'].map((verb) => `repo ${verb}`),
  ...['task list', 'task retry', 'principal create', 'principal list', 'principal disable'],
  ...['token create', 'token list', 'token revoke', 'worker list', 'policy apply', 'policy effective'],
];
// Escapes of terminals, and marks that turn text around.
const unsafe = new RegExp('(?![\\n\\t])\\p{Cc}|[\\u202a-\\u202e\\u2066-\\u2069]', 'u');

export const commandLine = (started: () => Plane): void => {
  let plane: Plane;
  let resident: ResidentCli;
  let folder: string;
  let target: Target;
  let requester: string;
  let approver: string;

  const env = (token?: string): Record<string, string | undefined> => ({
    PATH: process.env['PATH'],
    HOME: folder,
    GATEHOUSE_DATA_DIR: plane.data,
    ...(token !== undefined && { GATEHOUSE_TOKEN: token }),
  });
  /** As the admin of this machine, who has no need to name plane or token; as a process of its own. */
  const run = (args: string, more: Partial<Running> = {}): Promise<Ran> =>
    runCli(args.split(' '), { env: env(), ...more });
  /** The same without a process of its own. */
  const ask = (args: string, more: Omit<Partial<Running>, 'onOutput'> = {}): Promise<Ran> =>
    resident.run(args.split(' '), { env: env(), ...more });
  const json = async <T = Record<string, unknown>>(
    args: string,
    more: Omit<Partial<Running>, 'onOutput'> = {},
  ): Promise<T> => {
    const { code, stdout, stderr } = await ask(`${args} --json`, more);
    expect([args, code, unsafe.test(stdout)]).toEqual([args, 0, false]);
    try {
      return JSON.parse(stdout) as T;
    } catch {
      throw new Error(`${args} did not say one JSON value: ${stdout.slice(0, 500)} ${stderr}`);
    }
  };
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const example = (name: string): string => join(clone, 'examples', name);
  const as = (token: string) => ({ env: env(token) });

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gatehouse-e2e-cli-'));
    plane = started();
    resident = new ResidentCli();
    target = await plane.repository('demo', { 'README.md': 'A target.\n', 'other.txt': 'untouched\n' });
    requester = (await plane.enrol('requester', ['requester'])).secret;
    approver = (await plane.enrol('approver', ['approver'])).secret;
  });
  afterAll(async () => {
    resident?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  it('helps with every verb, and nothing of it is an error', async () => {
    for (const verb of verbs) {
      const { code, stdout, stderr } = await ask(`${verb} --help`);
      expect([verb, code, stderr]).toEqual([verb, 0, '']);
      expect(stdout).toContain(`Usage: gatehouse ${verb}`);
      expect(stdout).toContain('--json');
    }
    expect(await run('job submit --help')).toEqual(await ask('job submit --help'));
  });

  it.each<[string, number, RegExp]>([
    ['nonsense', 2, /unknown command.*--help/s],
    ['job nonsense', 2, /unknown command.*--help/s],
    ['job lits', 2, /Did you mean list\?/],
    ['job list --lmit 3', 2, /Did you mean --limit\?/],
    ['job list --limit x', 2, /--limit 1 to 999999/],
    ['job list --phase odd', 2, /Allowed choices are pending/],
    ['job list --since yesterday', 2, /--since like/],
    ['job list --label odd', 2, /key=value/],
    ['job show', 2, /missing required argument/],
    ['job show a b', 2, /too many arguments/],
    ['job show nonsense', 2, /expected an id like job_/],
    ['job show job_01ARZ3NDEKTSV4RRFFQ69G5FAV', 3, /no job/],
    ['job submit /nowhere', 2, /no file|cannot be read|there is no/i],
    ['task retry tsk_01ARZ3NDEKTSV4RRFFQ69G5FAV', 3, /task/],
    ['repo add x git://example.com/x', 1, /https:\/\//],
    ['job list --url http://127.0.0.1:1', 4, /no token/],
    ['job list --url http://example.com', 2, /in the clear/],
    ['job list --url ftp://x', 2, /http/],
    ['job list --token-file /nowhere', 2, /no token file/],
  ])('%s ends with %i and says what to do', async (args, code, hint) => {
    const [plain, machine] = await Promise.all([run(args), ask(`${args} --json`)]);
    expect([plain.code, plain.stdout]).toEqual([code, '']);
    expect(plain.stderr).toMatch(hint);
    expect(machine.code).toBe(code);
    expect(JSON.parse(machine.stdout)).toMatchObject({
      error: { message: expect.any(String), next: expect.any(String) },
    });
  });

  it('tells apart who may not, who is not there, and what went wrong elsewhere', async () => {
    expect((await run('principal list', as(requester))).code).toBe(4);
    expect((await run('job list', as('gh_nobody'))).code).toBe(4);
    const away = { env: { ...env('gh_x'), GATEHOUSE_URL: 'http://127.0.0.1:1' } };
    expect((await run('job list', away)).code).toBe(6);
    const none = { env: { ...env(), GATEHOUSE_DATA_DIR: folder } };
    expect(await run('job list', none)).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('gatehouse start'),
    });
  });

  it('takes a change from the file to the branch', async () => {
    const policy = PolicyDocument.parse(readExample('policies/demo-approval.yaml'));
    await json(`policy apply ${file('policy.yaml', stringify(policy))}`);
    await json(`job check ${example('change-a-file.yaml')}`, as(requester));
    const { id } = await json<{ id: string }>(`job submit ${example('change-a-file.yaml')}`, as(requester));

    const approving: Promise<Ran>[] = [];
    const watched = await run(`job watch ${id} --json`, {
      ...as(requester),
      onOutput: (stdout) => {
        const asked = /"promotionId":"(prm_[^"]+)"/.exec(stdout)?.[1];
        if (asked === undefined || approving.length > 0 || !stdout.includes('approval.requested')) return;
        approving.push(run(`promotion approve ${asked} --json --reason fine`, as(approver)));
      },
    });
    expect((await approving[0])?.code).toBe(0);
    expect(watched.code).toBe(0);
    const lines = watched.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.at(-1)).toMatchObject({ kind: 'outcome', exit: 'ok', job: { id, phase: 'promoted' } });
    expect(lines.filter(({ kind }) => kind === 'outcome')).toHaveLength(1);

    const { promotion, candidate } = await json<{
      promotion: { id: string; result: { commit: string } };
      candidate: { id: string; alias: string; tree: string };
    }>(`job show ${id}`);
    expect(target.git('rev-parse', `${promotion.result.commit}^{tree}`)).toBe(candidate.tree);
    const { session } = await json<{ session: { id: string } }>(
      `session show ${(await json<{ job: { sessionId: string } }>(`job show ${id}`)).job.sessionId}`,
    );
    const events = await run(`session events ${session.id} --json`);
    expect(
      events.stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { seq: number }).seq),
    ).toEqual(
      events.stdout
        .trimEnd()
        .split('\n')
        .map((_, i) => i + 1),
    );
    for (const list of [
      'job list --phase promoted',
      'session list',
      'candidate list',
      'promotion list',
      'repo list',
      'task list',
      'principal list',
      'token list',
      'worker list',
      'policy list',
      'job list --requester requester --since 1h',
    ])
      expect([list, (await json<{ items: unknown[] }>(list)).items.length > 0]).toEqual([list, true]);
    await json(`candidate show ${candidate.alias}`);
    await json(`candidate diff ${candidate.id}`);
    const patch = await ask(`candidate patch ${candidate.id}`);
    expect(patch.stdout).toContain('diff --git a/README.md b/README.md');
    await json(`promotion show ${promotion.id}`);
    await json('repo show demo');
    await json('policy effective demo');
    expect(JSON.parse((await run('verify --json')).stdout)).toMatchObject({ ok: true });
    expect((await run(`job cancel ${id}`)).code).toBe(5);
    expect((await run(`promotion reject ${promotion.id}`, as(approver))).code).toBe(5);

    const handed = await json<{ id: string }>(`candidate submit --repo demo --base ${target.base} -`, {
      ...as(requester),
      input: patch.stdout,
    });
    expect((await run(`job cancel ${handed.id} --watch`, as(requester))).code).toBe(0);
  });

  it('refuses with 1, and shows why without what the agent wanted the terminal to do', async () => {
    const refused = await run(`job submit ${example('misbehave.yaml')} --watch`, as(requester));
    expect([refused.code, refused.stdout]).toEqual([1, expect.stringContaining('[path.forbidden]')]);
    const evil = stringify({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: 'evil' },
      spec: {
        goal: 'Escape \u202e from the terminal',
        agent: {
          adapter: 'command',
          command: [
            'printf',
            '\\033]0;owned\\007\\033[2Jred \\033[31mtext\\r\\n\\302\\233 \\342\\200\\256 end\\n',
          ],
        },
      },
    });
    const watched = await run(`job submit ${file('evil.yaml', evil)} --watch`, as(requester));
    expect(watched.code).toBe(0);
    expect(watched.stdout).toContain('red text');
    expect(unsafe.test(watched.stdout + watched.stderr)).toBe(false);
    const machine = await run(`job submit ${file('evil.yaml', evil)} --watch --json`, as(requester));
    expect([machine.code, unsafe.test(machine.stdout)]).toEqual([0, false]);
    for (const line of machine.stdout.trimEnd().split('\n')) JSON.parse(line);
  });

  it('lets go of a job by Ctrl-C with 130, and the job goes on until it is cancelled', async () => {
    const long = stringify({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Job',
      metadata: { name: 'long' },
      spec: { goal: 'Wait', agent: { adapter: 'command', command: ['sleep', '100'] } },
    });
    const watched = await run(`job submit ${file('long.yaml', long)} --watch`, {
      ...as(requester),
      onOutput: (stdout, kill) => stdout.includes('spawning → running') && kill('SIGINT'),
    });
    expect([watched.code, watched.stderr]).toEqual([130, expect.stringContaining('The job goes on')]);
    const { items } = await json<{ items: { id: string; phase: string }[] }>('job list --name long --live');
    expect(items).toMatchObject([{ phase: 'running' }]);
    const cancelled = await run(`job cancel ${items[0]!.id} --watch --reason enough`, as(requester));
    expect([cancelled.code, cancelled.stdout]).toEqual([0, expect.stringContaining('Cancelled')]);
  });

  it('gives a token once, into a file of the owner alone, and takes it back', async () => {
    const { id } = await json<{ id: string }>('principal create someone --role viewer');
    const path = join(folder, 'someone.token');
    const made = await json<{ token: { id: string }; secret?: string }>(
      `token create someone --days 1 -o ${path}`,
    );
    expect([
      statSync(path).mode & 0o777,
      JSON.stringify(made).includes(readFileSync(path, 'utf8').trim()),
    ]).toEqual([0o600, false]);
    const theirs = { env: { ...env(), GATEHOUSE_TOKEN_FILE: path } };
    expect((await run('job list', theirs)).code).toBe(0);
    await json(`token revoke ${made.token.id}`);
    expect((await run('job list', theirs)).code).toBe(4);
    expect(await json(`principal disable ${id}`)).toMatchObject({ disabled: true });
  });

  it('speaks of the plane itself: status and doctor as one document, NO_COLOR or not', async () => {
    expect(JSON.parse((await run('status --json')).stdout)).toMatchObject({ url: plane.url });
    const doctor = await run('doctor --json', { env: { ...plane.env, NO_COLOR: '1' } });
    expect(JSON.parse(doctor.stdout)).toMatchObject({ checks: expect.any(Array) });
    for (const more of [{}, { NO_COLOR: '1' }, { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' }]) {
      const { stdout } = await run('doctor', { env: { ...plane.env, ...more } });
      expect(unsafe.test(stdout)).toBe(false);
    }
  });
};
