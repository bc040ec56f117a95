import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { CommandOutcome } from '@gatehouse/contracts';
import { GitRunner } from '@gatehouse/git';
import { Bench, gitIn, limits, type FileOf, type Origin } from '../testing/bench.fixture.js';
import type { PlaneLease } from '../testing/fake.plane.js';

const bench = new Bench();
let origin: Origin;
let candidate: { tree: string; patch: string };

/** The candidate that some files make of the origin. */
const candidateOf = (files: Record<string, FileOf>): { tree: string; patch: string } => {
  const next = bench.origin(files);
  gitIn(origin.dir, ['fetch', '-q', next.dir, 'main']);
  const patch = gitIn(origin.dir, [
    'diff',
    '--binary',
    '--full-index',
    '--no-renames',
    '--no-textconv',
    origin.commit,
    next.commit,
  ]);
  return { tree: next.tree, patch: bench.plane.store(Buffer.from(`${patch}\n`)) };
};
const command = (name: string, run: string, timeout = '2m') => ({ name, run, timeout });
const validate = async (
  more: Partial<NonNullable<PlaneLease['grant']['validate']>>,
  bounds: Partial<typeof limits> = {},
): Promise<PlaneLease> => {
  const lease = bench.offer(origin, {
    attempt: { id: 'att_01ARZ3NDEKTSV4RRFFQ69G5FAV', number: 1, purpose: 'validate' },
    limits: { ...limits, ...bounds },
    validate: {
      candidateId: `cnd_${'0'.repeat(64)}`,
      ...candidate,
      setup: [],
      commands: [],
      tests: null,
      ...more,
    },
  });
  await bench.run(lease).done;
  return lease;
};
const outcomes = ({ completion }: PlaneLease): CommandOutcome[] => {
  if (completion?.outcome !== 'succeeded' || completion.result.kind !== 'commands')
    throw new Error(JSON.stringify(completion));
  return completion.result.commands;
};

beforeAll(async () => {
  await bench.open();
  origin = bench.origin({
    'test.sh': 'grep -q good state\n',
    state: 'bad\n',
    'gone.txt': 'x',
    'dir/file': 'x',
    swap: { to: 'state' },
    crlf: 'a\r\n',
  });
  candidate = candidateOf({
    'test.sh': 'grep -q good state\n',
    state: 'good\n',
    dir: 'now a file',
    'swap/in': 'x',
    'bin/run': { run: '#!/bin/sh\necho ran\n' },
    crlf: 'b\r\n',
    to: { to: 'state' },
  });
});
afterAll(() => bench.close());

const started = jest.spyOn(GitRunner.prototype, 'stream');
// Whatever came of it, nothing that was started still runs: else this waits for it.
afterEach(async () => {
  expect(started).toHaveBeenCalled();
  await Promise.allSettled(started.mock.results.map(({ value }) => (value as { done: Promise<void> }).done));
  started.mockClear();
});

describe('validation', () => {
  it('runs commands on exactly the tree of the candidate', async () => {
    const lease = await validate({
      commands: [
        command('tests', 'sh test.sh && echo passed'),
        command(
          'tree',
          'test ! -e gone.txt && test -f dir && test -f swap/in && test -L to && ./bin/run && git add -A -f && git write-tree',
        ),
        command('fails', 'echo no >&2; exit 7'),
      ],
    });
    const [tests, tree, fails] = outcomes(lease);
    expect(tests).toMatchObject({ name: 'tests', outcome: 'passed', exitCode: 0, tail: 'passed\n' });
    expect(tree).toMatchObject({ outcome: 'passed', tail: `ran\n${candidate.tree}\n` });
    expect(fails).toMatchObject({ outcome: 'failed', exitCode: 7, tail: 'no\n' });
    expect(lease.output.stdout.bytes.toString()).toBe(
      `$ tests\npassed\n$ tree\nran\n${candidate.tree}\n$ fails\n`,
    );
    expect(lease.output.stdout.sealed).toBe(true);
  });

  it('runs setup on the base alone, and what setup left is there for the commands', async () => {
    const lease = await validate({
      setup: ['cp state seen; mkdir -p node_modules; echo dep > node_modules/dep'],
      commands: [command('after', 'cat seen state node_modules/dep')],
    });
    expect(outcomes(lease)[0]).toMatchObject({ outcome: 'passed', tail: 'bad\ngood\ndep\n' });
  });

  it('gives every command a workspace that no other command has touched', async () => {
    const lease = await validate({
      setup: ['echo kept > kept'],
      commands: [
        command(
          'first',
          'echo exit 0 > test.sh; rm -rf .git kept; touch /tmp/left ~/left; echo x > mine; (sleep 60; echo late > kept) & exit 0',
        ),
        command(
          'second',
          'cat test.sh kept; test ! -e mine && test ! -e /tmp/left && test ! -e ~/left && git rev-parse HEAD',
        ),
      ],
    });
    expect(outcomes(lease).map(({ outcome }) => outcome)).toEqual(['passed', 'passed']);
    expect(outcomes(lease)[1]?.tail).toBe(`grep -q good state\nkept\n${origin.commit}\n`);
  });

  it('is not led out of the workspace by what setup left', async () => {
    const target = `${bench.root}/outside`;
    const lease = await validate({
      setup: [
        `rm -rf bin dir swap state; ln -s ${bench.root} bin; ln -s ${target} state; ln -s / dir; mkfifo swap`,
      ],
      commands: [
        command(
          'tree',
          'test ! -L bin && test ! -L state && ./bin/run && cat state && test -f dir && cat swap/in',
        ),
      ],
    });
    expect(outcomes(lease)[0]).toMatchObject({ outcome: 'passed', tail: 'ran\ngood\nx' });
    expect(() => readFileSync(target)).toThrow('ENOENT');
    expect(() => readFileSync(`${bench.root}/run`)).toThrow('ENOENT');
  });

  it('ends a command at its own time and goes on, and all of them at the time of the whole', async () => {
    const slow = await validate({
      commands: [command('slow', 'echo on; sleep 600', '5s'), command('next', 'echo next')],
    });
    expect(outcomes(slow).map(({ outcome }) => outcome)).toEqual(['timeout', 'passed']);
    expect(outcomes(slow)[0]?.tail).toMatch(/^on\n(?:Terminated\n)?It did not end in time and was killed\.$/);
    const whole = await validate(
      { commands: [command('a', 'sleep 600'), command('b', 'true')] },
      { executionMs: 800 },
    );
    expect(outcomes(whole).map(({ outcome }) => outcome)).toEqual(['timeout', 'timeout']);
  });

  it('keeps the last 8000 characters of each', async () => {
    const [noisy] = outcomes(
      await validate({
        commands: [
          command('noisy', 'i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done; printf "\\0end"'),
        ],
      }),
    );
    expect(noisy?.tail.length).toBeLessThanOrEqual(8000);
    expect(noisy?.tail.endsWith('line 2999\n\ufffdend')).toBe(true);
  });

  it('says nothing about a change where setup fails on the base', async () => {
    const lease = await validate({
      setup: ['echo broken >&2; exit 2'],
      commands: [command('never', 'echo never')],
    });
    expect(lease.completion).toMatchObject({ outcome: 'failed', code: 'validate.setup_failed' });
    expect(lease.output.stdout.bytes.toString()).not.toContain('never');
  });

  it('refuses a patch that leads to another tree than the lease names, or to none', async () => {
    expect((await validate({ tree: origin.tree })).completion).toMatchObject({
      outcome: 'failed',
      code: 'validate.tree_mismatch',
    });
    expect((await validate({ patch: bench.plane.store(Buffer.from('nonsense')) })).completion).toMatchObject({
      outcome: 'failed',
      code: 'validate.patch_refused',
    });
  });
});
