import { createHash, randomUUID } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { createClient, type Client } from '@gatehouse/client';
import { type Job, type JobQuery, type JobSpecInput } from '@gatehouse/contracts';
import { stringify } from 'yaml';
import { readEvents } from '../src/event.reader.js';
import { approvalIn, readJob } from '../src/examples.js';
import { untilPhase, type Plane, type Target } from '../src/plane.js';
import { ask } from '../src/raw.http.js';

type Spec = JobSpecInput['spec'];
const specOf = (
  name: string,
  more: Partial<Spec> = {},
  labels: Record<string, string> = {},
): JobSpecInput => ({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name, labels },
  spec: { goal: 'Try', agent: { adapter: 'command', command: ['true'] }, ...more },
});
const sh = (script: string): Partial<Spec> => ({
  agent: { adapter: 'command', command: ['sh', '-c', script] },
});

export const jobsAndEvents = (started: () => { plane: Plane; roots: string }): void => {
  let plane: Plane;
  let roots: string;
  let requester: Client;
  let token: string;
  let requesterId: string;
  let target: Target;
  /** A line on which nothing happens, opened early: it is long until its first heartbeat. */
  let silent: ReturnType<typeof readEvents>;

  const submit = (spec: JobSpecInput, by: Client = requester): Promise<Job> =>
    by.call('jobs.create', { body: spec, idempotencyKey: randomUUID() });
  const list = async (query: Partial<JobQuery>): Promise<string[]> => {
    const { items } = await requester.call('jobs.list', { query: { limit: 200, ...query } });
    return items.map(({ name }) => name).sort();
  };
  const add = (name: string, source: string) =>
    plane.admin.call('repositories.add', {
      body: { name, source, mode: 'live' },
      idempotencyKey: randomUUID(),
    });
  const gitAt = (path: string, ...args: string[]): string =>
    execFileSync('git', ['-C', path, '-c', 'user.name=Ada', '-c', 'user.email=ada@example.test', ...args], {
      encoding: 'utf8',
    }).trim();
  const repositoryAt = (path: string): string => {
    mkdirSync(path, { recursive: true });
    gitAt(path, 'init', '-q', '-b', 'main');
    return path;
  };

  beforeAll(async () => {
    ({ plane, roots } = started());
    const mine = await plane.enrol('lena', ['requester']);
    [token, requesterId] = [mine.secret, mine.id];
    requester = createClient({ baseUrl: plane.url, token });
    target = await plane.repository('talks', { 'README.md': 'A target.\n' });
    await plane.admin.call('policies.store', { body: approvalIn('talks'), idempotencyKey: randomUUID() });
  });

  it('shows every event once and in order across lines that break, while a reader that reads nothing hinders nobody', async () => {
    const job = await submit(
      specOf('talks', sh('for i in $(seq 1 30); do echo line $i; sleep 0.1; done; echo x > a')),
    );
    const { hostname, port } = new URL(plane.url);
    const deaf = connect({ host: hostname, port: Number(port) });
    deaf.write(
      `GET /api/v1/sessions/${job.sessionId}/events HTTP/1.1\r\nhost: ${hostname}\r\nauthorization: Bearer ${token}\r\naccept: text/event-stream\r\n\r\n`,
    );
    deaf.pause();
    const line = { url: plane.url, token, sessionId: job.sessionId };
    const seen: number[] = [];
    const watching = (async () => {
      for (let lines = 0; lines < 200; lines += 1) {
        const after = seen.at(-1) ?? 0;
        const { seqs, text } = await readEvents({
          ...line,
          after,
          until: (read) =>
            read.seqs.length >= 2 || /"to":"ended"/.test(read.text.slice(0, read.text.lastIndexOf('\n\n'))),
        });
        seen.push(...seqs);
        if (/"to":"ended"/.test(text.slice(0, text.lastIndexOf('\n\n')))) return;
      }
    })();
    expect(await untilPhase(requester, job.id, 'stored')).toMatchObject({ phase: 'stored' });
    await watching;
    deaf.destroy();

    const pages: number[] = [];
    for (let after = 0; ;) {
      const page = await requester.call('sessions.events', {
        params: { id: job.sessionId },
        query: { after, limit: 3 },
      });
      if (page.items.length === 0) break;
      pages.push(...page.items.map(({ seq }) => seq));
      after = page.next;
    }
    expect(pages).toEqual(pages.map((_, i) => i + 1));
    expect(pages.length).toBeGreaterThan(8);
    expect(seen).toEqual(pages);
    silent = readEvents({ ...line, after: 999_999_999, until: ({ text }) => text.includes(': heartbeat') });
    silent.catch(() => undefined);
  });

  it('takes YAML, and gives back the files that a task left', async () => {
    const spec = specOf(
      'files',
      sh("printf hello > out.txt; mkdir d; printf '\\000\\377' > 'd/ü file'; ln -s /etc/passwd evil"),
    );
    const { status, json } = await ask(plane.url, {
      method: 'POST',
      path: '/api/v1/jobs',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/yaml' },
      body: stringify(spec),
    });
    expect(status).toBe(201);
    const job = json as unknown as Job;
    expect(await untilPhase(requester, job.id, 'stored')).toMatchObject({
      phase: 'stored',
      repository: null,
    });
    const { items } = await requester.call('sessions.attempts', { params: { id: job.sessionId } });
    const files = [...items[0]!.files].sort((a, b) => (a.path < b.path ? -1 : 1));
    expect(files.map(({ path }) => path)).toEqual(['d/ü file', 'out.txt']);
    for (const [i, bytes] of [Buffer.from([0, 255]), Buffer.from('hello')].entries()) {
      const id = files[i]!.artifact;
      expect(id).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
      const answer = await fetch(`${plane.url}/api/v1/artifacts/${id}/content`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
      expect(answer.headers.get('content-disposition')).toBe('attachment');
    }
  });

  it('cancels a job that waits, one that runs and one that asks for approval; then it has ended', async () => {
    const cancel = (id: string, by: Client = requester) =>
      by.call('jobs.cancel', { params: { id }, body: { reason: 'Enough.' } });
    const waits = await submit(specOf('c-waits', { requires: { labels: { is: 'nowhere' } } }));
    const runs = await submit(specOf('c-runs', sh('sleep 100')));
    const asks = await submit(readJob('change-a-file.yaml', { repository: 'talks' }) as JobSpecInput);
    await untilPhase(requester, runs.id, 'running');
    await untilPhase(requester, asks.id, 'awaiting_approval');
    expect(await list({ phase: 'awaiting_approval' })).toEqual([asks.name]);
    expect(await list({ phase: 'pending' })).toEqual(['c-waits']);
    const { reason } = await requester.call('jobs.get', { params: { id: waits.id } });
    expect(reason).toContain('is=nowhere');
    expect(await list({ phase: 'running' })).toEqual(['c-runs']);

    const another = await plane.as('another', 'requester');
    await expect(cancel(runs.id, another)).rejects.toMatchObject({ status: 403 });
    for (const { id } of [waits, runs, asks]) {
      await cancel(id);
      expect(await untilPhase(requester, id, 'cancelled')).toMatchObject({
        phase: 'cancelled',
        reason: 'Enough.',
      });
      await expect(cancel(id)).rejects.toMatchObject({ status: 409, code: 'job.ended' });
    }
    expect(target.git('for-each-ref', 'refs/heads/gatehouse')).toBe('');
  });

  it('lists by phase, label, name, requester, repository and time, page by page', async () => {
    const theirs = await plane.as('lister', 'requester');
    const names = ['l-a', 'l-b', 'l-c', 'l-d', 'm-e'];
    const jobs: Job[] = [];
    for (const [i, name] of names.entries())
      jobs.push(await submit(specOf(name, {}, { team: i % 2 === 0 ? 'docs' : 'a=b', n: String(i) }), theirs));
    for (const { id } of jobs) await untilPhase(requester, id, 'stored');
    const { principal } = await theirs.call('me.get');

    expect(await list({ namePrefix: 'l-' })).toEqual(['l-a', 'l-b', 'l-c', 'l-d']);
    expect(await list({ name: 'l-a' })).toEqual(['l-a']);
    expect(await list({ label: 'team=docs' })).toEqual(['l-a', 'l-c', 'm-e']);
    expect(await list({ label: 'team=a=b', namePrefix: 'l-b' })).toEqual(['l-b']);
    expect(await list({ label: 'team=' })).toEqual([]);
    expect(await list({ requestedBy: principal.id })).toEqual(names);
    expect(await list({ requestedBy: requesterId, namePrefix: 'l-' })).toEqual([]);
    expect(await list({ repository: 'talks' })).toEqual(['change-a-file']);
    expect(await list({ phase: 'cancelled' })).toEqual(['c-runs', 'c-waits', 'change-a-file']);
    expect(await list({ phase: 'noop', requestedBy: principal.id })).toEqual(names);
    const [from, to] = [jobs[1]!.createdAt, jobs[3]!.createdAt];
    expect(await list({ createdAfter: from, createdBefore: to })).toEqual(['l-b', 'l-c']);
    await expect(list({ phase: 'nonsense' as never })).rejects.toMatchObject({ status: 422 });

    const paged: string[] = [];
    for await (const { id } of requester.pages('jobs.list', { query: { limit: 2, namePrefix: 'l-' } }))
      paged.push(id);
    expect(paged).toEqual(
      jobs
        .slice(0, 4)
        .map(({ id }) => id)
        .reverse(),
    );
  });

  it.each([
    ['git://example.com/x.git', 'git://'],
    ['ext::sh -c touch% /tmp/pwned', 'Remote helpers'],
    ['--upload-pack=touch /tmp/pwned', 'option'],
    ['ssh://git@example.com/x', 'ssh'],
    ['git@example.com:x.git', 'ssh'],
    ['http://example.com/x.git', 'encrypted'],
    ['https://ada:secret@example.com/x.git', 'user name or password'],
    ['relative/path', 'relative'],
    ['/etc', 'configured directory'],
    ['file:///etc', 'configured directory'],
    ['/nowhere/at/all', ''],
    ['a\u0000b', 'NUL'],
  ])('refuses the repository address %j in clear words', async (source, word) => {
    const refused = await add('refused', source).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 422, message: expect.stringContaining(word) });
    expect(JSON.stringify(refused)).not.toContain('secret');
  });

  it('reads repositories with odd names, and refuses links out, dead addresses and names that are taken', async () => {
    const odd = repositoryAt(join(roots, 'mit Leerzeichen und Ümläuten'));
    writeFileSync(join(odd, 'a'), 'a\n');
    gitAt(odd, 'add', '-A');
    gitAt(odd, 'commit', '-q', '-m', 'Begin');
    expect(await add('odd', odd)).toMatchObject({ name: 'odd', defaultBranch: 'main' });
    expect(await add('odd-file', `file://${encodeURI(odd)}`)).toMatchObject({ sourceKind: 'path' });
    symlinkSync(odd, join(roots, 'inside'));
    symlinkSync(process.cwd(), join(roots, 'outside'));
    expect(await add('inside', join(roots, 'inside'))).toMatchObject({ defaultBranch: 'main' });

    const mirrors = join(plane.data, 'mirrors');
    const before = readdirSync(mirrors).sort();
    await expect(add('outside', join(roots, 'outside'))).rejects.toMatchObject({
      code: 'repository.url_refused',
    });
    await expect(add('dead', 'https://127.0.0.1:1/x.git')).rejects.toMatchObject({
      code: 'repository.unreachable',
    });
    await expect(add('odd', odd)).rejects.toMatchObject({ code: 'repository.exists' });
    expect(readdirSync(mirrors).sort()).toEqual(before);

    const run = async (base: string) => {
      const job = await submit(specOf('bases', { repository: 'odd', base, ...sh('echo b > b') }));
      return untilPhase(requester, job.id, 'stored');
    };
    expect(await run('main')).toMatchObject({ phase: 'promoted' });
    for (const base of ['nowhere', 'refs/heads/nowhere', 'f'.repeat(40)])
      expect(await run(base)).toMatchObject({ phase: 'failed', reason: expect.stringContaining(base) });
    await expect(submit(specOf('none', { repository: 'nobodys' }))).rejects.toMatchObject({
      status: 404,
      code: 'repository.not_found',
    });
  });

  it('answers 202 where the mirror has to fetch first, and finds the new commit', async () => {
    const later = target.git('commit-tree', '-m', 'Later', '-p', target.base, `${target.base}^{tree}`);
    target.git('update-ref', 'refs/heads/later', later);
    const { status, json } = await ask(plane.url, {
      method: 'POST',
      path: '/api/v1/jobs',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(specOf('later', { repository: 'talks', base: 'later' })),
    });
    expect([status, json?.['base']]).toEqual([202, { ref: 'later', commit: null }]);
    const job = await untilPhase(requester, String(json?.['id']), 'noop');
    expect(job).toMatchObject({ phase: 'noop', base: { ref: 'later', commit: later } });
  });

  it('takes a repository without a commit, and refuses jobs on it until it has one', async () => {
    const empty = repositoryAt(join(roots, 'empty'));
    await add('empty', empty);
    const first = await submit(specOf('on-nothing', { repository: 'empty' }));
    expect(await untilPhase(requester, first.id, 'failed')).toMatchObject({
      phase: 'failed',
      reason: expect.stringMatching(/no commit|HEAD/),
    });
    gitAt(empty, 'commit', '-q', '--allow-empty', '-m', 'Begin');
    const second = await submit(specOf('on-something', { repository: 'empty' }));
    expect(await untilPhase(requester, second.id, 'noop')).toMatchObject({ phase: 'noop' });
  });

  it('keeps a line open on which nothing happens', async () => {
    expect((await silent).text).toMatch(/^: connected\n\n: heartbeat\n\n$/);
  });
};
