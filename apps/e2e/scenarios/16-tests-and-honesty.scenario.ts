import { randomUUID } from 'node:crypto';
import { beforeAll, expect, it } from '@jest/globals';
import type { CapabilityKind, GateResult, Job, PolicyRules } from '@gatehouse/contracts';
import { scripted } from '../src/job.specs.js';
import { sandboxes } from '../src/machine.js';
import { untilPhase, type Plane } from '../src/plane.js';

/** Every file of `tests` is one test, told in TAP. */
const suite = `n=0; bad=0
for t in tests/*.sh; do
  test -e "$t" || continue
  n=$((n+1))
  if head -n 1 "$t" | grep -q '^# skip'; then echo "ok $n - $t # SKIP"
  elif sh "$t"; then echo "ok $n - $t"
  else echo "not ok $n - $t"; bad=1
  fi
done
echo "1..$n"
exit $bad
`;
const files = {
  'suite.sh': suite,
  'add.sh': 'add() { echo $(($1 + $2)); }\n',
  'tests/add.sh': '. ./add.sh; test "$(add 2 3)" = 5\n',
  'tests/zero.sh': '. ./add.sh; test "$(add 0 0)" = 0\n',
};
const breakIt = "sed -i 's/+/-/' add.sh";
/** Fails once, whoever asks first, and never again: it waits for a moment that passes only once. */
const once = (seconds: number): string =>
  `t=$(($(date +%s) + ${seconds})); echo "test \\$(date +%s) -ge $t || { while test \\$(date +%s) -lt $t; do sleep 1; done; false; }"`;

interface Asked {
  readonly kind?: CapabilityKind;
  readonly policy?: PolicyRules;
  readonly regressions?: { command: string; reason: string }[];
}

export const testsAndHonesty = (started: () => Plane): void => {
  let plane: Plane;
  let flaky: Promise<Job>;
  beforeAll(async () => {
    plane = started();
    await plane.repository('adder', files);
    flaky = failsOnce();
    flaky.catch(() => undefined);
  });

  const command = { name: 'tests', run: 'sh suite.sh', timeout: '5m', tests: true } as const;
  const submit = async (script: string, more: Asked = {}): Promise<Job> => {
    const { policy, kind = 'process_sandbox', ...validation } = more;
    const made = await plane.admin.call('jobs.create', {
      body: scripted(`job-${randomUUID().slice(0, 8)}`, 'adder', script, {
        requires: { kinds: [kind] },
        validation: { commands: [command], ...validation },
        ...(policy && { policy }),
      }),
      idempotencyKey: randomUUID(),
    });
    return untilPhase(plane.admin, made.id, 'awaiting_approval');
  };
  /** The moment has to pass beside the others; where the machine is too busy to look before it, there is more time. */
  const failsOnce = async (seconds = 20): Promise<Job> => {
    const job = await submit(`{ ${once(seconds)}; } > tests/once.sh`);
    return (await gate(job, 'commands')) === 'pass' && seconds < 180 ? failsOnce(180) : job;
  };
  const gate = async ({ id }: Job, name: string): Promise<string> => {
    const { items } = await plane.admin.call('candidates.list', { query: { jobId: id, limit: 1 } });
    const found: GateResult | undefined = items[0]?.verdict?.gates.find((each) => each.gate === name);
    return [found?.answer, ...(found?.findings.map(({ code }) => code) ?? [])].join(' ');
  };

  it.each(sandboxes())('let an honest change pass, with a test of its own, in %s', async (kind) => {
    const job = await submit(
      `echo 'twice() { add $1 $1; }' >> add.sh; echo '. ./add.sh; test "$(twice 4)" = 8' > tests/twice.sh`,
      { kind, policy: { tests: { hunkRevert: true } } },
    );
    expect(job).toMatchObject({ phase: 'promoted' });
    for (const name of ['commands', 'tests-ran', 'base-tests', 'hunk-revert'])
      expect([name, await gate(job, name)]).toEqual([name, 'pass']);
  });

  it.each([
    ['deleted', `${breakIt}; rm tests/add.sh`],
    ['skipped', `${breakIt}; echo '# skip' > tests/add.sh`],
    ['weakened', `${breakIt}; echo true > tests/add.sh`],
  ])('are found where a failing one was %s', async (_, script) => {
    const job = await submit(script);
    expect(job.phase).not.toBe('promoted');
    expect(await gate(job, 'commands')).toBe('pass');
    expect(await gate(job, 'base-tests')).toBe('fail tests.base_regressed');
    expect(job.reason).toContain('With the tests of the base');
  });

  it('wait for a person where the job declares that they are meant to fail', async () => {
    const job = await submit(`${breakIt}; echo '. ./add.sh; test "$(add 2 3)" = -1' > tests/add.sh`, {
      regressions: [{ command: 'tests', reason: 'It subtracts from now on.' }],
    });
    expect(job.phase).toBe('awaiting_approval');
    expect(await gate(job, 'base-tests')).toBe('pass tests.regression_declared');
  });

  it('are no pass where none is left', async () => {
    const job = await submit('rm -r tests; mkdir tests; echo > tests/README');
    expect(job.phase).toBe('errored');
    expect(await gate(job, 'tests-ran')).toBe('inconclusive tests.none_ran');
    expect(job.reason).toContain('without running a test');
  });

  it('are no pass where they fail and pass on the same bytes', async () => {
    const job = await flaky;
    expect(job.phase).toBe('errored');
    expect(await gate(job, 'commands')).toBe('inconclusive tests.flaky');
    expect(job.reason).toContain('failed and passed on the same bytes (failed, passed)');
  });

  it('that pass without the change they came with prove nothing', async () => {
    const job = await submit(`echo 'more() { :; }' >> add.sh; echo true > tests/more.sh`, {
      policy: { tests: { hunkRevert: true }, gates: { blocking: ['hunk-revert'] } },
    });
    expect(job.phase).not.toBe('promoted');
    expect(await gate(job, 'hunk-revert')).toBe('fail tests.prove_nothing');
  });
};
