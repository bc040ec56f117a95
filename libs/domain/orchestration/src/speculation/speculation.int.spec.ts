import { payloadOf } from '@gatehouse/contracts';
import { PromotionRunner } from '@gatehouse/promotion';
import { RepositoryService } from '@gatehouse/session';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrchestrationFixture } from '../orchestration.fixture.js';
import { Verifier } from '../proven.fixture.js';
import { LaneFixture, untilVerdict, type Change, type Job } from './speculation.fixture.js';
import { SpeculationService } from './speculation.service.js';

describe('a speculative lane', () => {
  let lane: LaneFixture;
  let plane: OrchestrationFixture;
  beforeAll(async () => {
    lane = await LaneFixture.start();
    plane = lane.plane;
    await lane.policy({ speculativeWindow: 8 });
  });
  beforeEach(async () => {
    await lane.move();
    await plane.query('UPDATE lane_windows SET size = 4');
  });
  afterEach(async () => {
    plane.app.get(PromotionRunner).onPoint = undefined;
    await lane.work();
    expect(await plane.verify()).toBe(true);
    expect(await plane.query(`SELECT id FROM sessions WHERE state <> 'ended'`)).toEqual([]);
    expect(await plane.query(`SELECT id FROM lane_rounds WHERE state = 'judging'`)).toEqual([]);
  });
  afterAll(() => lane.plane.stop());

  it('of twelve with two bad ones publishes exactly the ten, in order, and its window shows', async () => {
    const names = ['a', 'b', 'x1', 'c', 'd', 'both', 'e', 'both', 'f', 'x2', 'g', 'h'];
    const contents = ['1', '2', 'same', '4', '5', 'mine', '7', 'yours', '9', 'same', '11', '12'];
    const jobs = await lane.passed(...names.map((name, i): Change => [name, contents[i]!]));
    await lane.work();
    expect(await lane.published(jobs)).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 10, 11]);
    const ended = await lane.endings(jobs);
    expect([ended[7], ended[9]]).toEqual([
      'failed promotion.stack_conflict',
      'failed promotion.stack_failed',
    ]);
    expect(await lane.windows()).toEqual([
      ...['4→5 passed', '5→2 failed', '2→1 failed', '1→2 passed', '2→3 passed'],
    ]);
    // One run for four; of the next round the three below the conflict; then two, and the lower of them.
    const first = ['a', 'b', 'c', 'x1'];
    const second = ['a', 'b', 'both', 'c', 'd', 'e', 'x1'];
    expect(lane.probed.slice(0, 4)).toEqual([
      first,
      second,
      [...second, 'f', 'x2'].toSorted(),
      [...second, 'f'].toSorted(),
    ]);
    expect(await lane.reason(jobs[7]!)).toMatch(
      /both it and prm_.* touch both in ways that cannot be merged/,
    );
    expect(await lane.reason(jobs[9]!)).toMatch(
      /which pass without it: commands: together ended with exit code 1/,
    );
    // What is published is the change itself on its own base, whatever it was judged with.
    const head = plane.git('rev-parse', 'main');
    for (const branch of await plane.branches()) expect(plane.git('rev-parse', `${branch}^`)).toBe(head);
    const { stack } = await lane.seen();
    expect(stack).toMatchObject([{ position: 1, state: 'passed', jobId: jobs[11]!.id }]);
    expect(stack[0]!.onto).toHaveLength(9);
    // Twelve jobs from intake to their branches.
  });

  it('says each round in its stream', async () => {
    const jobs = await lane.passed(['a', '1'], ['x1', 'same'], ['x2', 'same']);
    await lane.work();
    expect(await lane.published(jobs)).toEqual([0, 1]);
    // Whoever stands in a stack is proven by its own verdict on its own base.
    const [branch] = (await plane.branches()).filter((name) =>
      name.includes(jobs[1]!.sessionId.toLowerCase()),
    );
    const proofs = await (await Verifier.of(plane)).everyForm(branch!);
    const proven = { ok: true, fault: null, commit: plane.git('rev-parse', branch!), isHeldAgainstLog: true };
    expect(proofs).toEqual([1, 2, 3].map(() => expect.objectContaining(proven)));
    const [last] = (await lane.seen()).rounds;
    expect(last!.changes.map(({ position, state }) => [position, state])).toEqual([
      [1, 'passed'],
      [2, 'passed'],
      [3, 'dropped'],
    ]);
    const events = await lane.events();
    const end = events.flatMap((event) => payloadOf('lane.round_ended', event) ?? []).at(-1)!;
    expect(end).toMatchObject({
      ...{ outcome: 'failed', windowBefore: 4, windowAfter: 2, probes: [3, 1, 2] },
      dropped: { position: 3, reason: { code: 'promotion.stack_failed' } },
    });
    expect(end.passed).toHaveLength(2);
    const begins = events.flatMap((event) => payloadOf('lane.round_began', event) ?? []);
    expect(begins.at(-1)).toMatchObject({ head: plane.git('rev-parse', 'main'), window: 4, refused: null });
    const probes = events.flatMap((event) => payloadOf('lane.probed', event) ?? []).slice(-3);
    // The lowest is itself on the head: its own verdict stands.
    expect(probes.map(({ position, outcome, attemptId }) => [position, outcome, attemptId === null])).toEqual(
      [
        [3, 'fail', false],
        [1, 'pass', true],
        [2, 'pass', false],
      ],
    );
  });

  it('comes to the same where its task is killed after every step, and run twice at once', async () => {
    const jobs = await lane.passed(['a', '1'], ['x1', 'same'], ['x2', 'same'], ['c', '1']);
    const speculate = (steps: number): Promise<void> => {
      const signal = {
        throwIfAborted: () => {
          if ((steps -= 1) < 0) throw new Error('killed');
        },
      } as AbortSignal;
      const context = { id: '', attempt: 1, signal, complete: () => Promise.resolve() };
      const { repositoryId } = lane;
      return plane.app.get(SpeculationService).run({ repositoryId, target: 'main' }, context);
    };
    const others = [...untilVerdict, 'promotion.run', 'lane.probed', 'session.settle'];
    for (let i = 0; i < 40 && (await lane.endings(jobs)).includes('idle'); i += 1) {
      await plane.drain(others);
      const both = await Promise.allSettled([speculate(1), speculate(1)]);
      for (const each of both) if (each.status === 'rejected') expect(String(each.reason)).toMatch('killed');
      await lane.validate();
    }
    expect(await lane.published(jobs)).toEqual([0, 1, 3]);
    expect(await lane.windows()).toEqual(['4→2 failed', '2→3 passed']);
    // All four, the first two, three of them; then the last on top of what was published.
    expect(lane.probed.map((names) => names.length)).toEqual([4, 2, 3, 3]);
  });

  it('begins anew where one of the stack is cancelled, and drops nobody for it', async () => {
    const jobs = await lane.passed(['x1', 'same'], ['a', '1'], ['x2', 'same']);
    await plane.drain();
    expect(await lane.stackStates()).toEqual(['judging', 'judging', 'judging']);
    await plane.cancel(jobs[0]!.id);
    await lane.work();
    expect(await lane.published(jobs)).toEqual([1, 2]);
    expect(await lane.windows()).toEqual(['4→4 void', '4→5 passed']);
  });

  it('ends a job that is cancelled while its stack is being judged', async () => {
    const jobs = await lane.passed(['a', '1'], ['b', '1']);
    await plane.drain();
    const handIn = await lane.take();
    await plane.cancel(jobs[1]!.id);
    await plane.drain();
    expect(await lane.windows()).toEqual(['4→4 void', '4→5 passed']);
    await handIn!();
    await lane.work();
    expect(await lane.endings(jobs)).toEqual(['succeeded', 'cancelled job.cancelled']);
  });

  it('begins anew on the head to which its target moves', async () => {
    const jobs = await lane.passed(['a', '1'], ['b', '1']);
    await plane.drain();
    writeFileSync(join(plane.source, 'theirs.txt'), 'theirs\n');
    plane.git('add', '.');
    plane.git('commit', '-qm', 'somebody else');
    await plane.app.get(RepositoryService).refresh(lane.repositoryId);
    await lane.work();
    expect(await lane.published(jobs)).toEqual([0, 1]);
    const head = plane.git('rev-parse', 'main');
    for (const { sessionId } of jobs) {
      const branch = (await plane.branches()).find((name) => name.includes(sessionId.toLowerCase()));
      expect(plane.git('rev-parse', `${branch}^`)).toBe(head);
    }
  });

  it.each<[string, (first: Job) => Promise<unknown>, number[]]>([
    ['one below it is gone', ({ id }) => plane.cancel(id), [1]],
    ['it was about another policy', (first) => lane.falsify(first, 'policy_digest'), [0, 1]],
    ['it was about another head', (first) => lane.falsify(first, 'head'), [0, 1]],
  ])('publishes nothing by what was said of another stack: %s', async (_, change, published) => {
    const jobs = await lane.passed(['x1', 'same'], ['a', '1']);
    await plane.drain();
    await lane.validate();
    await plane.drain(['lane.probed', 'lane.speculate']);
    // Both have passed together; the promoter has not come to them yet.
    expect(await lane.stackStates()).toEqual(['passed', 'passed']);
    expect([await lane.mayGo(jobs[0]!), await lane.mayGo(jobs[1]!)]).toEqual([true, false]);
    await change(jobs[0]!);
    await plane.drain(['promotion.run']);
    expect(await lane.published(jobs)).toEqual([]);
    expect(await lane.mayGo(jobs[1]!)).toBe(false);
    await lane.work();
    expect(await lane.published(jobs)).toEqual(published);
    expect(await lane.windows()).toEqual(['4→5 passed', '5→6 passed']);
  });

  it('drops what a gate refuses on top of those before it, and what they make already', async () => {
    // Either name alone is good; together they are one file on some file systems.
    const jobs = await lane.passed(['name', '1'], ['NAME', '2'], ['name', '1']);
    await plane.drain(['promotion.run']);
    await plane.drain(['lane.speculate']);
    // What is dropped has no turn, though the promoter has not come to it yet.
    const dropped = [null, 'It does not go with those before it, and is about to end as failed.'];
    expect(await lane.waits()).toEqual([[1, 'It is next.'], dropped, dropped]);
    await lane.work();
    expect(await lane.endings(jobs)).toEqual([
      'succeeded',
      'failed promotion.stack_refused',
      'failed promotion.already_stacked',
    ]);
    expect(await lane.reason(jobs[1]!)).toMatch(/for illegal-names: .*NAME/);
  });

  it('asks again what is unclear, and neither passes nor drops anybody for it', async () => {
    const jobs = await lane.passed(['a', '1'], ['b', '1']);
    await plane.drain();
    lane.answer = { outcome: 'failed', code: 'validate.setup_failed', message: 'No network.', report: null };
    await lane.validate();
    lane.answer = undefined;
    await plane.drain();
    expect(await lane.published(jobs)).toEqual([]);
    expect((await lane.seen()).rounds[0]!.probes).toMatchObject([
      { position: 2, outcome: 'inconclusive', why: expect.stringContaining('No network.') },
      { position: 2, outcome: 'judging' },
    ]);
    // Nor does it end anybody that no worker took it in time.
    await plane.query(`UPDATE attempts SET start_deadline = now() - interval '1 s' WHERE state = 'queued'`);
    await plane.sweep();
    await lane.work();
    expect(await lane.published(jobs)).toEqual([0, 1]);
    expect(await lane.windows()).toEqual(['4→5 passed']);
  });

  it('judges anew what waits where its policy changes, and judges no more than policy allows', async () => {
    const jobs = await lane.passed(['a', '1'], ['b', '1']);
    await plane.drain();
    await lane.policy({ speculativeWindow: 1 });
    await lane.validate();
    await plane.drain();
    expect(await lane.published(jobs)).toEqual([]);
    while (await lane.validate());
    await lane.work();
    await lane.policy({ speculativeWindow: 8 });
    expect(await lane.published(jobs)).toEqual([0, 1]);
    expect((await lane.seen()).rounds.slice(0, 2).map(({ members }) => members)).toEqual([1, 1]);
  });

  it('is none where policy does not say so', async () => {
    await lane.policy({});
    const before = (await lane.seen()).rounds[0]!.number;
    const jobs = await lane.passed(['x1', 'same'], ['x2', 'same']);
    await lane.work();
    await lane.policy({ speculativeWindow: 8 });
    expect(await lane.published(jobs)).toEqual([0, 1]);
    expect((await lane.seen()).rounds[0]!.number).toBe(before);
    expect(lane.probed).toEqual([]);
  });
});
