import { describe, expect, it } from '@jest/globals';
import { activations, EffectivePolicy, PolicyDocument, type PolicyRules } from '@gatehouse/contracts';
import fc from 'fast-check';
import { defaultInstallationPolicy, defaultRules } from './default.policy.js';
import { boundsOf, gateFields, limitNames, meet, stances, testNumbers } from './lattice.js';
import { completePolicy, mergeLayers, type Layer } from './merge.js';

const installation = (rules: PolicyRules = {}): Layer => ({ layer: 'installation', name: 'default', rules });
const job = (rules: PolicyRules): Layer => ({ layer: 'job', name: 'job', rules });
const repository = (rules: PolicyRules): Layer => ({ layer: 'repository', name: 'repo', rules });

const merged = (...layers: Layer[]): EffectivePolicy => {
  const merge = mergeLayers(layers);
  if (!merge.ok) throw new Error(merge.message);
  return merge.policy;
};

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const globs = fc.uniqueArray(fc.constantFrom('**', 'a/**', 'b', 'c/*', 'ü'), { maxLength: 3 });
const stance = fc.constantFrom(...stances);
const gateNames = fc.uniqueArray(fc.constantFrom('*', 'secrets', 'bidi'), { maxLength: 2 });
const rules: fc.Arbitrary<PolicyRules> = fc.record({
  allowedPaths: some(globs),
  forbiddenPaths: some(globs),
  runtimeArtifacts: some(globs),
  symlinks: some(stance),
  gitlinks: some(stance),
  executables: some(stance),
  limits: some(fc.record(Object.fromEntries(limitNames.map((name) => [name, some(fc.nat(1000))])))),
  capabilities: some(fc.subarray(['docker_sandbox', 'process_sandbox'] as const)),
  adapters: some(fc.subarray(['command', 'patch'])),
  // One run for each name: what conflicts do is tested on its own.
  commands: some(
    fc
      .uniqueArray(
        fc.record({
          name: fc.constantFrom('lint', 'test'),
          timeout: fc.constantFrom('60s', '1m', '2m'),
          tests: some(fc.constant(true as const)),
        }),
        { selector: ({ name }) => name, maxLength: 2 },
      )
      .map((list) =>
        list.map(({ name, timeout, tests }) => ({
          name,
          run: `npm run ${name}`,
          timeout,
          ...(tests && { tests }),
        })),
      ),
  ),
  setup: some(fc.constantFrom('npm ci', 'make setup')),
  tests: some(
    fc.record({
      files: some(globs),
      hunkRevert: some(fc.boolean()),
      ...Object.fromEntries(testNumbers.map((name) => [name, some(fc.nat(10))])),
    }),
  ),
  rules: some(
    fc.uniqueArray(
      fc.record({
        id: fc.constantFrom('one', 'two', 'three'),
        effect: fc.constantFrom('permit', 'forbid', 'require_approval'),
        actions: fc.subarray(['job.submit', 'path.change'], { minLength: 1 }),
      }),
      { selector: ({ id }) => id, maxLength: 3 },
    ),
  ),
  gates: some(fc.record({ required: some(gateNames), blocking: some(gateNames), staged: some(gateNames) })),
  secrets: some(fc.record({ allow: some(fc.subarray(['a', 'b'].map((c) => c.repeat(64)))) })),
  dependencies: some(
    fc.record({ registries: some(fc.subarray(['pypi.org', 'npm.example'])), names: some(globs) }),
  ),
  images: some(globs),
  staged: some(fc.boolean()),
  activation: some(fc.constantFrom('anyone', 'another_person')),
  promotion: some(
    fc.record({
      maxLevel: some(fc.constantFrom('patch', 'branch', 'draft_pr')),
      approvals: some(fc.record({ quorum: fc.nat(3) })),
      targets: some(globs),
    }),
  ),
}) as fc.Arbitrary<PolicyRules>;
const layer: fc.Arbitrary<Layer> = fc.record({
  layer: fc.constantFrom('installation', 'organisation', 'repository', 'capability', 'job'),
  name: fc.constantFrom('x', 'y'),
  rules,
});
const layers = fc.array(layer, { maxLength: 5 }).map((list) => [installation(), ...list]);

/** True where whatever `b` allows, `a` allows too; only a superset of lists, commands and forbids counts. */
const noLooser = (a: EffectivePolicy, b: EffectivePolicy): boolean => {
  const within = (small: readonly unknown[], large: readonly unknown[]): boolean => {
    const texts = new Set(large.map((item) => JSON.stringify(item)));
    return small.every((item) => texts.has(JSON.stringify(item)));
  };
  return (
    within(a.allowedPaths, b.allowedPaths) &&
    within(a.promotion.targets, b.promotion.targets) &&
    within(a.forbiddenPaths, b.forbiddenPaths) &&
    within(a.runtimeArtifacts, b.runtimeArtifacts) &&
    within(
      a.commands.map(({ name, run }) => [name, run]),
      b.commands.map(({ name, run }) => [name, run]),
    ) &&
    a.commands
      .filter(({ tests }) => tests === true)
      .every((each) => b.commands.find(({ name }) => name === each.name)?.tests === true) &&
    within(a.tests.files, b.tests.files) &&
    testNumbers.every((name) => b.tests[name] <= a.tests[name]) &&
    b.tests.hunkRevert >= a.tests.hunkRevert &&
    within(a.setup, b.setup) &&
    within(b.capabilities, a.capabilities) &&
    within(b.adapters, a.adapters) &&
    limitNames.every((name) => b.limits[name] <= a.limits[name]) &&
    (['symlinks', 'gitlinks', 'executables'] as const).every(
      (name) => stances.indexOf(b[name]) >= stances.indexOf(a[name]),
    ) &&
    ['patch', 'branch', 'draft_pr'].indexOf(b.promotion.maxLevel) <=
      ['patch', 'branch', 'draft_pr'].indexOf(a.promotion.maxLevel) &&
    b.promotion.quorum >= a.promotion.quorum &&
    within(a.rules, b.rules) &&
    gateFields.every((name) => b.gates[name].includes('*') || within(a.gates[name], b.gates[name])) &&
    within(b.secrets.allow, a.secrets.allow) &&
    within(b.dependencies.registries, a.dependencies.registries) &&
    within(a.dependencies.names, b.dependencies.names) &&
    within(a.images, b.images) &&
    b.staged >= a.staged &&
    activations.indexOf(b.activation) >= activations.indexOf(a.activation)
  );
};

describe('mergeLayers', () => {
  it('does not depend on the order of layers, nor on one said twice', () => {
    fc.assert(
      fc.property(layers, fc.infiniteStream(fc.nat()), (list, order) => {
        const shuffled = list
          .map((item) => ({ item, at: order.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item);
        expect(merged(...shuffled)).toEqual(merged(...list));
        expect(merged(...list, ...shuffled)).toEqual(merged(...list));
      }),
    );
  });

  it('never allows more with a further layer, be it another installation layer', () => {
    fc.assert(
      fc.property(layers, layer, (list, further) => {
        expect(noLooser(merged(...list), merged(...list, further))).toBe(true);
      }),
    );
  });

  it('gives what the contract promises', () => {
    fc.assert(fc.property(layers, (list) => void EffectivePolicy.parse(merged(...list))));
  });

  it('is grouped as one likes', () => {
    fc.assert(
      fc.property(rules, rules, rules, (x, y, z) => {
        const bounds = (of: PolicyRules, name: string) =>
          boundsOf(of, { layer: 'repository', name, digest: name });
        const [a, b, c] = [bounds(x, 'a'), bounds(y, 'b'), bounds(z, 'c')];
        expect(meet(meet(a, b), c)).toEqual(meet(a, meet(b, c)));
        expect(meet(a, a)).toEqual(a);
        // Commands and setup lines keep the order in which they were given.
        const { commands: _, setup: __, ...rest } = meet(b, a);
        expect(meet(a, b)).toMatchObject(rest);
      }),
    );
  });

  it('permits nothing without an installation layer', () => {
    expect(mergeLayers([])).toMatchObject({ ok: false, code: 'policy.no_installation' });
    expect(mergeLayers([job({}), repository(defaultRules)])).toMatchObject({
      code: 'policy.no_installation',
    });
  });

  it.each([
    null,
    { limits: { files: -1 } },
    { limits: { files: NaN } },
    { nonsense: true },
    { symlinks: 'allow' },
    { allowedPaths: ['../x'] },
  ])('permits nothing with a layer that says %j', (bad) => {
    expect(mergeLayers([installation(), job(bad as PolicyRules)])).toMatchObject({
      ok: false,
      code: 'policy.unreadable',
    });
  });

  it('takes an absent field as neutral and an empty list as nothing', () => {
    const open = merged(installation(), repository({}), job({}));
    expect(open.allowedPaths).toEqual([['**']]);
    const closed = merged(
      installation(),
      job({
        allowedPaths: [],
        capabilities: [],
        adapters: [],
        images: [],
        secrets: { allow: [] },
        dependencies: { registries: [], names: [] },
        promotion: { targets: [] },
      }),
    );
    expect(closed.images).toContainEqual([]);
    expect(closed.dependencies.names).toContainEqual([]);
    expect(closed).toMatchObject({ secrets: { allow: [] }, dependencies: { registries: [] } });
    expect(closed.allowedPaths).toContainEqual([]);
    expect(closed.promotion.targets).toContainEqual([]);
    expect(closed).toMatchObject({ capabilities: [], adapters: [] });
  });

  it('completes an installation layer with our defaults before anything else can speak', () => {
    const policy = merged(
      installation({ limits: { files: 500 } }),
      repository({ limits: { patchBytes: 99_999_999, files: 1000 } }),
    );
    expect(policy.limits).toEqual({ ...defaultRules.limits, files: 500 });
    expect(policy).toMatchObject({ symlinks: 'forbid', gitlinks: 'forbid', executables: 'require_approval' });
    expect(merged(installation({ forbiddenPaths: [] })).forbiddenPaths).toEqual([]);
  });

  it('keeps the stricter of everything', () => {
    const policy = merged(
      installation({ symlinks: 'permit', promotion: { maxLevel: 'draft_pr', approvals: { quorum: 1 } } }),
      repository({
        symlinks: 'require_approval',
        allowedPaths: ['docs/**'],
        promotion: { approvals: { quorum: 2 } },
        commands: [{ name: 'test', run: 'make test', timeout: '10m' }],
      }),
      job({
        symlinks: 'permit',
        allowedPaths: ['**'],
        limits: { files: 3 },
        promotion: { maxLevel: 'branch', approvals: { quorum: 0 } },
        commands: [
          { name: 'test', run: 'make test', timeout: '5m' },
          { name: 'lint', run: 'make lint', timeout: '1m' },
        ],
      }),
    );
    expect(policy).toMatchObject({
      symlinks: 'require_approval',
      allowedPaths: [['**'], ['docs/**']],
      limits: { files: 3 },
      promotion: { maxLevel: 'branch', quorum: 2 },
      commands: [{ name: 'test', timeout: '5m' }, { name: 'lint' }],
    });
  });

  it('asks every gate of an installation that names none, and only the named ones of one that does', () => {
    expect(merged(installation()).gates).toEqual({ required: ['*'], blocking: [], staged: [] });
    const lifted = merged(
      installation({ gates: { required: ['secrets'] } }),
      repository({ gates: { required: ['bidi'], blocking: ['secrets'] } }),
    );
    expect(lifted.gates).toEqual({ required: ['bidi', 'secrets'], blocking: ['secrets'], staged: [] });
    expect(
      merged(installation({ gates: { required: [] } }), job({ gates: { required: ['*'] } })),
    ).toMatchObject({
      gates: { required: ['*'] },
    });
  });

  it('keeps the rules of each layer apart, under its name', () => {
    const rule = { id: 'a', effect: 'forbid', actions: ['job.submit'] } as const;
    const policy = merged(
      installation({ rules: [{ ...rule, actions: ['job.submit'] }] }),
      job({ rules: [] }),
    );
    const { digest } = policy.layers[0]!;
    expect(policy.rules).toEqual([{ layer: 'installation', name: 'default', digest, rules: [rule] }]);
  });

  it('refuses two commands of one name: an outcome could be taken for that of the other', () => {
    const test = (run: string) => ({ commands: [{ name: 'test', run, timeout: '1m' }] });
    expect(mergeLayers([installation(), repository(test('make test')), job(test('true'))])).toMatchObject({
      ok: false,
      code: 'policy.command_conflict',
      message: expect.stringContaining('test'),
    });
  });

  it('keeps that a command runs tests, and refuses two places to read their number from', () => {
    const test = (tests?: true | { report: string }) => ({
      commands: [{ name: 'test', run: 'make test', timeout: '1m', ...(tests && { tests }) }],
    });
    for (const list of [
      [test(), test(true)],
      [test(true), test()],
    ])
      expect(merged(installation(), repository(list[0]!), job(list[1]!)).commands).toEqual(
        test(true).commands,
      );
    expect(
      mergeLayers([installation(), repository(test(true)), job(test({ report: 'forged.xml' }))]),
    ).toMatchObject({ ok: false, code: 'policy.command_conflict' });
  });

  it('applies the test files of every layer, each list by itself', () => {
    const policy = merged(
      installation({ tests: { files: ['b', 'a'] } }),
      job({ tests: { files: ['**'], hunkRevert: true, revertHunks: 3 } }),
    );
    expect(policy.tests).toEqual({
      ...defaultRules.tests,
      files: [['**'], ['a', 'b']],
      hunkRevert: true,
      revertHunks: 3,
    });
  });

  it('names the digest of layers and of what they mean', () => {
    const policy = merged(installation(), job({ limits: { files: 1 } }));
    expect(policy.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(policy.layers.map(({ layer: at }) => at)).toEqual(['installation', 'job']);
    expect(merged(installation(), job({ limits: { files: 2 } })).digest).not.toBe(policy.digest);
    expect(merged(installation(), { ...job({ limits: { files: 1 } }), name: 'other' }).digest).not.toBe(
      policy.digest,
    );
  });
});

describe('completePolicy', () => {
  it('leaves a merge of today as it is, and completes one of an earlier build', () => {
    const policy = merged(installation({ gates: { required: [] }, limits: { lines: 1 } }));
    expect(completePolicy(policy)).toEqual(policy);
    const {
      rules: _,
      gates: __,
      secrets: ___,
      tests: ____,
      dependencies,
      images,
      ...older
    } = merged(installation());
    expect(completePolicy(older as EffectivePolicy)).toEqual(merged(installation()));
    expect([dependencies, images]).toHaveLength(2);
  });
});

describe('defaultInstallationPolicy', () => {
  it('is a document that an admin could have written, and complete', () => {
    expect(PolicyDocument.parse(defaultInstallationPolicy)).toEqual(defaultInstallationPolicy);
    expect(merged(installation())).toMatchObject({
      ...merged(installation(defaultInstallationPolicy.spec)),
      digest: expect.any(String),
      layers: expect.any(Array),
    });
  });
});
