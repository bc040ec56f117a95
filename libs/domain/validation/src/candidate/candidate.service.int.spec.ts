import type { GateResult } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf } from '@gatehouse/proof';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { CandidateEntity } from './candidate.entity.js';
import { CandidateFixture } from './candidate.fixture.js';
import type { JudgeInput, Judgement } from './candidate.judge.js';
import { gates } from '../gates/index.js';
import type { VerdictEntity } from '../verdict/verdict.entity.js';

let plane: CandidateFixture;
let base: string;
beforeAll(async () => {
  plane = await CandidateFixture.start();
  base = plane.base;
});
afterAll(() => plane?.stop());

const write = (path: string, content: string | Buffer): void => plane.write(path, content);
const readme = () => write('README.md', 'one\n2\nthree\n');
const answersOf = (results: readonly GateResult[]): Record<string, string> =>
  Object.fromEntries(
    results
      .filter(({ answer }) => answer !== 'pass')
      .map(({ gate, answer, findings }) => [gate, [answer, ...findings.map(({ code }) => code)].join(' ')]),
  );

const save = (input: JudgeInput, judgement: Judgement): Promise<CandidateEntity> =>
  plane.save(input, judgement);
const decide = (
  { sessionId, policy }: JudgeInput,
  judgement: Judgement,
  candidate: CandidateEntity,
): Promise<VerdictEntity> =>
  plane.changes.run((change) =>
    plane.service.decide(change, {
      ...{ candidate, sessionId, policy, judgement, outcomes: null },
    }),
  );
const eventsOf = async (streamId: string): Promise<{ type: string; payload: string }[]> =>
  (await plane.database.dataSource.query(
    `SELECT e.type, p.payload FROM ledger_events e LEFT JOIN ledger_payloads p USING (stream_id, seq)
     WHERE e.stream_id = $1 ORDER BY e.seq`,
    [streamId],
  )) as { type: string; payload: string }[];

describe('an honest change', () => {
  it('passes, is saved once, and is shown with its verdict', async () => {
    const input = await plane.input(base, plane.patch(readme));
    const judgement = await plane.service.judge(input);
    expect(answersOf(judgement.results)).toEqual({});
    expect(judgement).toMatchObject({ files: 1, passedSoFar: true, noop: false, commands: [] });
    expect(readdirSync(input.quarantineRoot)).toEqual([]);

    const candidate = await save(input, judgement);
    expect((await save(input, judgement)).id).toBe(candidate.id);
    expect(await plane.service.find(candidate.id)).toMatchObject({ state: 'judging', verdict: null });
    const verdict = await decide(input, judgement, candidate);
    expect(verdict).toMatchObject({ outcome: 'pass', approvalsNeeded: false });
    expect(verdict.gates.map(({ gate }) => gate)).toEqual(gates.map(({ id }) => id));
    expect((await plane.service.latestVerdict(input.sessionId, candidate.id))?.id).toBe(verdict.id);
    expect(await plane.service.find(candidate.id, input.sessionId)).toMatchObject({
      id: candidate.id,
      sessionId: input.sessionId,
      repository: 'work',
      state: 'pass',
      patchBytes: input.patch.length,
      verdict: { id: verdict.id, outcome: 'pass' },
    });
    const events = await eventsOf(input.sessionId);
    expect(events.map(({ type }) => type)).toEqual(['candidate.created', 'verdict.decided']);
    // The ledger alone says under what it was decided, and proves every answer that is kept beside it.
    const [created, decided] = events.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
    expect(created).toMatchObject({ candidateId: candidate.id, base, specDigest: input.specDigest });
    expect(decided).toMatchObject({
      verdictId: verdict.id,
      policyDigest: input.policy.digest,
      gateSetDigest: verdict.gateSetDigest,
      baseTree: candidate.baseTree,
      tree: candidate.tree,
    });
    expect(decided!['answers']).toEqual(
      verdict.gates.map((result) => ({
        gate: result.gate,
        part: result.part,
        answer: result.answer,
        digest: digestOf(result),
      })),
    );
  });

  it('is one candidate for two sessions, whose pages and verdicts are their own', async () => {
    const patch = plane.patch(() => write('src/new.txt', 'new\n'));
    const inputs = [await plane.input(base, patch), await plane.input(base, patch)] as const;
    const made = [];
    for (const input of inputs) made.push(await save(input, await plane.service.judge(input)));
    expect(made[0]!.id).toBe(made[1]!.id);
    const first = await plane.service.page({ limit: 1 });
    expect(first.items).toMatchObject([{ id: made[0]!.id, sessionId: inputs[1].sessionId }]);
    const second = await plane.service.page({ limit: 1, cursor: first.next! });
    expect(second.items).toMatchObject([{ id: made[0]!.id, sessionId: inputs[0].sessionId }]);
    const own = await plane.service.page({ limit: 50, sessionId: inputs[0].sessionId });
    expect(own).toMatchObject({ items: [{ sessionId: inputs[0].sessionId }], next: null });
    await expect(plane.service.page({ limit: 1, cursor: 'x' })).rejects.toMatchObject({
      code: 'cursor.invalid',
    });
  });

  it('gets its static answers from an equal decision, and others under another policy', async () => {
    const patch = plane.patch(() => write('src/cached.txt', 'x\n'));
    const first = await plane.judgeAndLearn(await plane.input(base, patch));
    const second = await plane.service.judge(await plane.input(base, patch));
    expect([first.cached, second.cached]).toEqual([false, true]);
    expect(second.results).toEqual(first.results);
    const stale = await plane.input(base, patch);
    const judged = await plane.service.judge({ ...stale, lease: { ...stale.lease, generation: 0 } });
    expect(answersOf(judged.results)).toEqual({ 'artifact-integrity': 'fail artifact.stale_lease' });
    const strict = await plane.service.judge(await plane.input(base, patch, { forbiddenPaths: ['src/**'] }));
    expect(strict.cached).toBe(false);
    expect(strict.passedSoFar).toBe(false);
  });

  it('may come as one mail, whose words do not count', async () => {
    readme();
    plane.run('add', '-A');
    plane.run('commit', '-q', '-m', 'Subject of the worker');
    const flags = ['--stdout', '--binary', '--full-index', '--no-renames'];
    const mail = plane.run('format-patch', '-1', ...flags);
    plane.run('reset', '-q', '--hard', base);
    const judgement = await plane.service.judge(await plane.input(base, mail));
    expect(answersOf(judgement.results)).toEqual({});
    expect(judgement.tree).toBe(
      (await plane.service.judge(await plane.input(base, plane.patch(readme)))).tree,
    );
  });

  it('that changes nothing is a noop', async () => {
    const commands = [{ name: 'test', run: 'true', timeout: '1m' }];
    const input = await plane.input(base, Buffer.alloc(0), { commands });
    const judgement = await plane.service.judge(input);
    expect(answersOf(judgement.results)).toEqual({});
    expect(judgement).toMatchObject({ noop: true, commands: [], files: 0 });
    expect(judgement.tree).toBe(judgement.baseTree);
    const candidate = await save(input, judgement);
    expect((await decide(input, judgement, candidate)).outcome).toBe('noop');
  });
});

describe('a verdict on commands', () => {
  it('is bound to the image and the bounds they ran under', async () => {
    const input = await plane.input(
      base,
      plane.patch(() => write('src/bound.txt', 'x\n')),
    );
    const judgement = await plane.service.judge(input);
    const candidate = await save(input, judgement);
    const { sessionId, policy } = input;
    const digests = [];
    for (const ranIn of [
      { image: 'sha256:1', limits: { pids: 1 } },
      { image: 'sha256:1', limits: { pids: 1 } },
      { image: 'sha256:2', limits: { pids: 1 } },
      { image: 'sha256:1', limits: { pids: 2 } },
      null,
    ]) {
      await plane.changes.run((change) =>
        plane.service.decide(change, { candidate, sessionId, policy, judgement, outcomes: [], ranIn }),
      );
      const { payload } = (await eventsOf(sessionId)).at(-1)!;
      const said = JSON.parse(payload) as { image?: string; commandDigest?: string };
      expect(said.image).toBe(ranIn?.image);
      digests.push(said.commandDigest);
    }
    const [first, same, otherImage, otherLimits, none] = digests;
    expect(same).toBe(first);
    expect(new Set([first, otherImage, otherLimits, none]).size).toBe(4);
    expect(none).toBeUndefined();
  });
});

describe('a change is stopped', () => {
  it('on a forbidden path, and the verdict names what was not asked', async () => {
    const patch = plane.patch(() => write('.github/workflows/ci.yml', 'on: push\n'));
    const input = await plane.input(base, patch);
    const judgement = await plane.service.judge(input);
    expect(answersOf(judgement.results)).toEqual({ 'forbidden-paths': 'fail path.forbidden' });
    const candidate = await save(input, judgement);
    const verdict = await decide(input, judgement, candidate);
    expect(verdict.outcome).toBe('fail');
    expect(verdict.gates.map(({ gate }) => gate)).not.toContain('commands');
    const { type, payload } = (await eventsOf(input.sessionId)).at(-1)!;
    expect(type).toBe('verdict.decided');
    expect(JSON.parse(payload)).toMatchObject({
      candidateId: candidate.id,
      outcome: 'fail',
      approvalsNeeded: false,
      failed: ['forbidden-paths'],
      codes: ['path.forbidden'],
    });
  });

  it.each([
    ['/etc/passwd', 'fail symlink.target'],
    ['../outside', 'fail symlink.target'],
    ['shortcut', 'pass'],
  ])('as a link to %s: %s', async (target, answer) => {
    const patch = plane.patch(() => symlinkSync(target, join(plane.work, 'link')));
    const open = await plane.service.judge(await plane.input(base, patch, { symlinks: 'permit' }));
    expect(answersOf(open.results)['symlink'] ?? 'pass').toBe(answer);
    const closed = await plane.service.judge(await plane.input(base, patch));
    expect(answersOf(closed.results)['symlink']).toContain('symlink.changed');
  });

  it('with a name that differs from another only in case', async () => {
    const patch = plane.patch(() => write('readme.md', 'x\n'));
    const { results } = await plane.service.judge(await plane.input(base, patch));
    expect(answersOf(results)).toEqual({ 'illegal-names': 'fail name.case_twin' });
  });

  it('with a file that is too large', async () => {
    const patch = plane.patch(() => write('src/big.txt', 'line\n'.repeat(300)));
    const { results } = await plane.service.judge(
      await plane.input(base, patch, { limits: { blobBytes: 1000 } }),
    );
    expect(answersOf(results)['tree-size']).toBe('fail size.blob_bytes');
  });

  it.each<[string, () => Buffer, Record<string, string>]>([
    [
      'bytes that no text has',
      () => Buffer.from('diff --git a/x\0 b/x\0\nindex \0\n'),
      { 'format-strict': 'fail patch.header_bytes' },
    ],
    ['garbage', () => Buffer.from('hello\n'), { 'format-strict': 'fail patch.not_a_patch' }],
    [
      'another base',
      () => Buffer.from(plane.patch(readme).toString().replace('-two', '-TWO')),
      { 'round-trip': 'fail patch.does_not_apply' },
    ],
  ])('as %s, before there is a tree', async (_, patch, answers) => {
    const judgement = await plane.service.judge(await plane.input(base, patch()));
    expect(answersOf(judgement.results)).toEqual(answers);
    expect(judgement).toMatchObject({ tree: null, passedSoFar: false, commands: [] });
    expect(JSON.stringify(judgement.results)).not.toContain('\\u0000');
    expect(readdirSync(plane.plane.quarantineDir)).toEqual([]);
  });

  it('by git itself, for a fault of its own and not for one of the base', async () => {
    const bad = '[submodule "x"]\n\tpath = x\n\turl = -u./payload\n';
    const patch = plane.patch(() => write('.gitmodules', bad));
    const { results } = await plane.service.judge(await plane.input(base, patch, { gitlinks: 'permit' }));
    expect(answersOf(results)['fsck']).toBe('fail fsck.fault');
    // The same bytes are no fault under another name, and having them there does not make them one of the base.
    write('notes.txt', bad);
    const noted = await plane.commit();
    const again = await plane.input(noted, patch, { gitlinks: 'permit' });
    expect(answersOf((await plane.service.judge(again)).results)['fsck']).toBe('fail fsck.fault');
    plane.run('reset', '-q', '--hard', base);
    // Old versions of git wrote 100664; a tree that holds such an entry is written again with every change beside it.
    const old = plane.oldTree();
    const commit = plane.run('commit-tree', old, '-m', 'old').toString().trim();
    plane.run('update-ref', 'refs/heads/old', commit);
    await plane.fetch();
    const beside = plane.patch(() => write('beside.txt', 'x\n'));
    const input = { ...(await plane.input(commit, beside)), reachableFrom: 'old' };
    expect(answersOf((await plane.service.judge(input)).results)).toEqual({});
  });

  it('when it leads elsewhere than declared', async () => {
    const input = await plane.input(base, plane.patch(readme));
    const { results } = await plane.service.judge({ ...input, declaredTree: '1'.repeat(40) });
    expect(answersOf(results)).toEqual({ 'round-trip': 'fail patch.tree_mismatch' });
  });

  it('on a base that the branch no longer has, or nobody ever had', async () => {
    const side = plane.run('commit-tree', `${base}^{tree}`, '-m', 'side').toString().trim();
    plane.run('update-ref', 'refs/heads/side', side);
    await plane.fetch();
    const patch = plane.patch(readme);
    const judge = async (commit: string, from: string | null) =>
      answersOf(
        (await plane.service.judge({ ...(await plane.input(commit, patch)), reachableFrom: from })).results,
      );
    expect(await judge(side, 'main')).toEqual({ 'clean-base': 'fail base.unreachable' });
    expect(await judge(side, 'side')).toEqual({});
    expect(await judge(side, null)).toEqual({});
    plane.run('update-ref', '-d', 'refs/heads/side');
    await plane.fetch();
    expect(await judge(side, null)).toEqual({ 'clean-base': 'fail base.unreachable' });
    expect(await judge('1'.repeat(40), 'main')).toEqual({ 'clean-base': 'fail base.missing' });
  });
});
