import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Command, CommandOutcome, LeaseGrant, TestRuns } from '@gatehouse/contracts';
import { Bench, gitIn, limits, type FileOf, type Origin } from '../testing/bench.fixture.js';
import type { PlaneLease } from '../testing/fake.plane.js';

const bench = new Bench();
let origin: Origin;

/** Every file of `tests` is one test: TAP of it, by shell. */
const suite = `n=0; bad=0; for t in tests/*.sh; do test -e "$t" || continue; n=$((n+1));
if head -n 1 "$t" | grep -q '^# skip'; then echo "ok $n - $t # SKIP";
elif sh "$t"; then echo "ok $n - $t"; else echo "not ok $n - $t"; bad=1; fi; done; echo "1..$n"; exit $bad\n`;
const source = Array.from({ length: 30 }, (_, i) => `line${i}=1\n`).join('');
const base: Record<string, FileOf> = {
  'suite.sh': suite,
  'add.sh': `${source}add() { echo $(($1 + $2)); }\n`,
  'tests/add.sh': '. ./add.sh; test "$(add 2 3)" = 5\n',
  'tests/line.sh': '. ./add.sh; test "$line3" = 1\n',
};
const broken = { 'add.sh': `${source}add() { echo $(($1 - $2)); }\n` };
const tests: Command = { name: 'tests', run: 'sh suite.sh', timeout: '2m', tests: true };

interface Asked {
  readonly restore?: string[][];
  readonly revert?: { paths: string[]; hunks?: number };
  readonly baselines?: NonNullable<NonNullable<LeaseGrant['validate']>['tests']>['baselines'];
  readonly commands?: Command[];
  readonly executionMs?: number;
  readonly reruns?: number;
}
const validate = async (files: Record<string, FileOf>, asked: Asked = {}): Promise<PlaneLease> => {
  const next = bench.origin(files);
  gitIn(origin.dir, ['fetch', '-q', next.dir, 'main']);
  const flags = ['--binary', '--full-index', '--no-renames', '--no-textconv'];
  const patch = gitIn(origin.dir, ['diff', ...flags, origin.commit, next.commit]);
  const { restore = [], revert, baselines = [], commands = [tests], reruns = 2 } = asked;
  const lease = bench.offer(origin, {
    attempt: { id: 'att_01ARZ3NDEKTSV4RRFFQ69G5FAV', number: 1, purpose: 'validate' },
    limits: { ...limits, executionMs: asked.executionMs ?? limits.executionMs },
    validate: {
      candidateId: `cnd_${'0'.repeat(64)}`,
      tree: next.tree,
      patch: bench.plane.store(Buffer.from(`${patch}\n`)),
      setup: [],
      commands,
      tests: { reruns, baselines, restore, revert: revert ? { hunks: 10, ms: 600_000, ...revert } : null },
    },
  });
  await bench.run(lease).done;
  return lease;
};
const resultOf = ({ completion }: PlaneLease): { commands: CommandOutcome[]; tests: TestRuns | null } => {
  if (completion?.outcome !== 'succeeded' || completion.result.kind !== 'commands')
    throw new Error(JSON.stringify(completion));
  return { ...completion.result, tests: completion.result.tests ?? null };
};
const brief = ({ outcome, tests: counts, again }: CommandOutcome): string =>
  [
    outcome,
    ...(counts ? [`${counts.passed}/${counts.failed}/${counts.skipped}`] : []),
    ...(again ?? []),
  ].join(' ');

beforeAll(async () => {
  await bench.open();
  origin = bench.origin(base);
});
afterAll(() => bench.close());

describe('what is asked of tests', () => {
  it('counts what ran, on the candidate and on the base', async () => {
    const { commands, tests: runs } = resultOf(
      await validate({ ...base, 'tests/new.sh': 'true\n', 'tests/off.sh': '# skip\nfalse\n' }),
    );
    expect(commands.map(brief)).toEqual(['passed 3/0/1']);
    expect(runs).toMatchObject({ baseKnown: false, restored: [], reverted: null });
    expect(runs?.base.map(brief)).toEqual(['passed 2/0/0']);
  });

  it('does not run the base again where the plane knows of this image, and does where it knows of another', async () => {
    const known: CommandOutcome = {
      name: 'tests',
      outcome: 'passed',
      exitCode: 0,
      durationMs: 1,
      tail: 'as known',
      tests: { passed: 9, failed: 0, skipped: 0, format: 'tap' },
    };
    const lease = await validate({ ...base, more: 'x' }, { baselines: [{ image: null, commands: [known] }] });
    expect(resultOf(lease).tests).toMatchObject({ baseKnown: true, base: [known] });
    expect(lease.output.stdout.bytes.toString()).not.toContain('base alone');
    const other = await validate(
      { ...base, more: 'x' },
      { baselines: [{ image: 'sha256:1', commands: [known] }] },
    );
    expect(resultOf(other).tests).toMatchObject({ baseKnown: false });
  });

  it.each<[string, Record<string, FileOf>, string]>([
    ['deleted', { 'suite.sh': suite, ...broken, 'tests/line.sh': base['tests/line.sh']! }, 'passed 1/0/0'],
    ['skipped', { ...base, ...broken, 'tests/add.sh': '# skip\nfalse\n' }, 'passed 1/0/1'],
    ['weakened', { ...base, ...broken, 'tests/add.sh': 'true\n' }, 'passed 2/0/0'],
    [
      'behind a file',
      { ...base, ...broken, 'tests/add.sh/in': 'x', 'tests/add.sh': undefined! },
      'passed 1/0/0',
    ],
  ])('finds a test of the base that was %s', async (_, files, candidate) => {
    const made = Object.fromEntries(Object.entries(files).filter(([, file]) => file !== undefined));
    // A folder of that name is no test of this suite.
    const command = { ...tests, run: 'test -d tests/add.sh && rm -r tests/add.sh; sh suite.sh' };
    const { commands, tests: runs } = resultOf(
      await validate(made, { restore: [['tests/add.sh', 'tests/add.sh/in']], commands: [command] }),
    );
    expect(commands.map(brief)).toEqual([candidate]);
    expect(runs?.restored.map((list) => list.map(brief))).toEqual([['failed 1/1/0 failed failed']]);
    expect(runs?.restored[0]?.[0]?.tail).toContain('not ok 1 - tests/add.sh');
  });

  it('removes tests that came new where those of the base are looked at', async () => {
    const { tests: runs } = resultOf(
      await validate(
        { ...base, 'tests/zero.sh': 'kill $PPID; true\n' },
        { restore: [['tests/zero.sh']], commands: [{ ...tests, run: 'sh suite.sh; true' }] },
      ),
    );
    expect(runs?.restored.map((list) => list.map(brief))).toEqual([['passed 2/0/0']]);
  });

  it('runs a failed test command again, each time on a fresh workspace, and asks no more of a failed one', async () => {
    const { commands, tests: runs } = resultOf(
      await validate(
        { ...base, ...broken },
        {
          commands: [
            tests,
            { ...tests, name: 'lint', run: 'test ! -e left && touch left; false', tests: undefined! },
          ],
        },
      ),
    );
    expect(commands.map(brief)).toEqual(['failed 1/1/0 failed failed', 'failed']);
    expect(runs).toBeNull();
  });

  it('reads a report where one is named, and none that lay there before', async () => {
    const report = '<testsuite><testcase/><testcase><skipped/></testcase></testsuite>';
    const command = (run: string, path = 'out/junit.xml'): Command => ({
      ...tests,
      run,
      tests: { report: path },
    });
    const run = async (each: Command): Promise<string> =>
      brief(
        resultOf(await validate({ ...base, 'out/junit.xml': report }, { commands: [each] })).commands[0]!,
      );
    expect(await run(command(`mkdir -p out; echo '${report}' > out/junit.xml`))).toBe('passed 1/0/1');
    expect(await run(command('true'))).toBe('passed');
    expect(await run(command('mkdir -p out; ln -s /etc/passwd out/junit.xml'))).toBe('passed');
    expect(await run(command('mkdir -- -n', '-n'))).toBe('passed');
  });

  it('undoes the change, whole and hunk by hunk', async () => {
    const changed = {
      ...base,
      'add.sh': `line0=2\n${source.slice(8)}add() { echo $(($2 + $1 + 1 - 1)); }\ntwice() { add $1 $1; }\n`,
      'tests/twice.sh': '. ./add.sh; test "$(twice 4)" = 8\n',
    };
    const { tests: runs } = resultOf(await validate(changed, { revert: { paths: ['add.sh'] } }));
    expect(runs?.reverted?.whole.map(brief)).toEqual(['failed 2/1/0 failed failed']);
    expect(runs?.reverted?.hunks).toEqual([
      { path: 'add.sh', startLine: 1, endLine: 1, noticed: false },
      { path: 'add.sh', startLine: 31, endLine: 32, noticed: true },
    ]);
    expect(runs?.reverted?.left).toBe(0);
    const few = resultOf(await validate(changed, { revert: { paths: ['add.sh'], hunks: 1 } }));
    expect(few.tests?.reverted).toMatchObject({ hunks: [{ startLine: 1 }], left: 1 });
  });

  it('undoes no hunk where the tests do not even notice that all of it is gone', async () => {
    const { tests: runs } = resultOf(
      await validate(
        { ...base, 'new.sh': 'x\n', 'tests/new.sh': 'true\n' },
        { revert: { paths: ['new.sh'] } },
      ),
    );
    expect(runs?.reverted).toMatchObject({ whole: [{ outcome: 'passed' }], hunks: [], left: 1 });
  });

  it('says that it knows nothing of what the end of its time cut off', async () => {
    const slow = { ...tests, run: 'test -e more || sleep 600; sh suite.sh' };
    const { commands, tests: runs } = resultOf(
      await validate({ ...base, more: 'x' }, { commands: [slow], executionMs: 12_000 }),
    );
    expect(commands.map(({ outcome }) => outcome)).toEqual(['passed']);
    expect(runs?.base.map(({ outcome }) => outcome)).toEqual(['error']);
  });
});
