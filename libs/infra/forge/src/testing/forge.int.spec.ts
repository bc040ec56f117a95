import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ForgeReader, ForgeWriter } from '../forge.js';
import { createForgeReader } from '../forge.reader.js';
import { createForgeWriter } from '../forge.writer.js';
import type { FaultDeed } from './faults.js';
import { changedClone, git, startedHub } from './github.harness.js';
import type { GitHub } from './github.js';

const repo = 'acme/widgets';
const widgets = { owner: 'acme', name: 'widgets' };
let stand: Awaited<ReturnType<typeof startedHub>>;
let hub: GitHub;
let writer: ForgeWriter;
let reader: ForgeReader;

beforeAll(async () => {
  stand = await startedHub();
  hub = stand.hub;
  const appKeyFile = join(stand.dir, 'app.pem');
  await writeFile(appKeyFile, hub.app.privateKeyPem, { mode: 0o600 });
  writer = await createForgeWriter({
    url: hub.url,
    apiUrl: hub.apiUrl,
    appId: String(hub.app.id),
    appKeyFile,
    tokenFile: undefined,
    readTokenFile: undefined,
    webhookSecretFile: undefined,
  });
  reader = createForgeReader({ apiUrl: hub.apiUrl }, writer);
});

afterAll(() => stand.stop());

let branches = 0;
async function pushedBranch() {
  const branch = `gatehouse/${(branches += 1)}`;
  const { password } = await writer.gitCredential(widgets);
  const text = `one\nchange ${branches}\nthree\n`;
  const { clone, commit } = await changedClone(hub, stand.dir, password, { branch, text });
  const done = await git(clone, ['push', 'origin', branch], password);
  return { branch, commit, code: done.code };
}

const plan = (head: string) => ({ head, base: 'main', title: 'Change', body: 'By an agent.' });

describe('the forge’s own reader and writer', () => {
  it('find the stand-in ready, and see there what people see', async () => {
    const lines = await writer.preflight(widgets, { branch: 'gatehouse/x', target: 'main' });
    expect(lines.filter(({ ok }) => !ok)).toEqual([]);
    const seen = await reader.repository(widgets);
    expect(seen).toMatchObject({ id: hub.repository(repo).id, defaultBranch: 'main', private: true });
    expect(await reader.permissionOf(widgets, 'bob')).toBe('write');
    expect(await reader.permissionOf(widgets, 'nobody')).toBe('none');
    const issue = hub.as('carol').openIssue(repo, { title: 'Crash', body: 'on start' });
    hub.as('alice').label(issue, 'gatehouse:run');
    expect(await reader.issue(widgets, issue.number)).toMatchObject({
      title: 'Crash',
      author: { login: 'carol', type: 'user' },
      labels: ['gatehouse:run'],
      isPull: false,
    });
  });

  it('publish a draft, speak on it, and read what people answer', async () => {
    const { branch, commit, code } = await pushedBranch();
    expect(code).toBe(0);
    const answer = await writer.createDraftPull(widgets, plan(branch));
    if (!answer.ok) throw new Error(answer.message);
    const { number } = answer.pull;
    expect(answer.pull).toMatchObject({ draft: true, head: { ref: branch, sha: commit } });
    const run = { name: 'gatehouse', headSha: commit, externalId: 'cnd_1', title: 't', summary: 's' };
    await writer.upsertCheckRun(widgets, {
      ...run,
      status: 'in_progress',
      conclusion: null,
      annotations: [],
    });
    await writer.upsertCheckRun(widgets, {
      ...run,
      status: 'completed',
      conclusion: 'success',
      annotations: [
        { path: 'README.md', startLine: 2, endLine: 2, level: 'notice', title: 'seen', message: 'here' },
      ],
    });
    expect([...hub.repository(repo).checkRuns.values()]).toMatchObject([{ conclusion: 'success' }]);
    await writer.upsertComment(widgets, number, 'gatehouse:status', 'queued');
    await writer.upsertComment(widgets, number, 'gatehouse:status', 'passed');
    await writer.addLabels(widgets, number, ['gatehouse']);
    const pull = hub.pull(repo, number);
    await hub.as('bob').reviewComment(pull, { path: 'README.md', line: 2, body: 'why?' });
    await hub.as('alice').reviewPull(pull, { state: 'APPROVED', body: 'good', commitId: commit });
    const said = await reader.commentsSince(widgets, new Date(0));
    expect(said.map(({ kind, author, line }) => [kind, author.login, line])).toEqual([
      ['issue', 'gatehouse[bot]', null],
      ['review', 'bob', 2],
    ]);
    const reviews = await reader.reviews(widgets, number);
    expect(reviews.map(({ author, state }) => [author.login, state])).toEqual([
      ['bob', 'commented'],
      ['alice', 'approved'],
    ]);
    hub.as('bob').readyForReview(pull);
    const mergedCommit = await hub.as('bob').mergePull(pull);
    expect(await reader.pull(widgets, number)).toMatchObject({ state: 'merged', mergedCommit });
    const updated = await reader.pullsUpdatedSince(widgets, new Date(0));
    expect(updated.map((one) => one.number)).toEqual([number]);
  });

  it('make one pull request, one comment and one check run, whatever answer is lost', async () => {
    const deeds: FaultDeed[] = ['do it, then cut the answer', 'half answer', 'cut before', { status: 502 }];
    for (const deed of deeds) {
      const { branch, commit } = await pushedBranch();
      const again = async <T>(path: RegExp, act: () => Promise<T>): Promise<T> => {
        const fault = hub.faults.next({ match: { method: 'POST', path }, do: deed });
        const first = await act().catch(() => null);
        const done = first ?? (await act());
        expect(fault.hits).toBe(1);
        return done;
      };
      const answer = await again(/\/pulls$/, () => writer.createDraftPull(widgets, plan(branch)));
      if (!answer.ok) throw new Error(answer.message);
      const { number } = answer.pull;
      await again(/\/comments$/, () => writer.upsertComment(widgets, number, 'gatehouse:status', 'x'));
      await again(/\/check-runs$/, () =>
        writer.upsertCheckRun(widgets, {
          name: 'gatehouse',
          headSha: commit,
          externalId: `cnd_${branch}`,
          status: 'completed',
          conclusion: 'success',
          title: 't',
          summary: 's',
          annotations: [],
        }),
      );
      const { checkRuns, comments } = hub.repository(repo);
      expect(hub.pulls(repo).filter(({ pull }) => pull.head.ref === branch)).toHaveLength(1);
      expect([...comments.values()].filter(({ issue }) => issue.number === number)).toHaveLength(1);
      expect([...checkRuns.values()].filter(({ headSha }) => headSha === commit)).toHaveLength(1);
    }
    expect(hub.faults.pending).toEqual([]);
  });

  it('name what is in the way of a draft', async () => {
    expect(await writer.createDraftPull(widgets, plan('gatehouse/none'))).toMatchObject({
      ok: false,
      reason: 'head_not_found',
    });
    const same = (await hub.branches(repo)).get('main') ?? '';
    await hub.as('bob').setBranch(repo, 'same', same);
    expect(await writer.createDraftPull(widgets, plan('same'))).toMatchObject({ reason: 'no_commits' });
    const { branch } = await pushedBranch();
    hub.repository(repo).draftsSupported = false;
    expect(await writer.createDraftPull(widgets, plan(branch))).toMatchObject({
      reason: 'drafts_unsupported',
    });
    expect(hub.pulls(repo).filter(({ pull }) => pull.head.ref === branch)).toEqual([]);
    hub.addRule(repo, { type: 'required_signatures', branches: 'gatehouse/*' });
    const lines = await writer.preflight(widgets, { branch: 'gatehouse/x', target: 'main' });
    expect(lines.filter(({ ok }) => !ok).map(({ check }) => check)).toEqual(['forge.rules']);
  });
});
