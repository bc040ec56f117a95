import { describe, expect, it } from '@jest/globals';
import { EffectivePolicy, PolicyDocument, type PolicyRules } from '@gatehouse/contracts';
import fc from 'fast-check';
import { defaultInstallationPolicy, defaultRules } from './default.policy.js';
import { boundsOf, limitNames, meet, stances } from './lattice.js';
import { mergeLayers, type Layer } from './merge.js';

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
        fc.record({ name: fc.constantFrom('lint', 'test'), timeout: fc.constantFrom('60s', '1m', '2m') }),
        { selector: ({ name }) => name, maxLength: 2 },
      )
      .map((list) => list.map(({ name, timeout }) => ({ name, run: `npm run ${name}`, timeout }))),
  ),
  setup: some(fc.constantFrom('npm ci', 'make setup')),
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
    within(a.setup, b.setup) &&
    within(b.capabilities, a.capabilities) &&
    within(b.adapters, a.adapters) &&
    limitNames.every((name) => b.limits[name] <= a.limits[name]) &&
    (['symlinks', 'gitlinks', 'executables'] as const).every(
      (name) => stances.indexOf(b[name]) >= stances.indexOf(a[name]),
    ) &&
    ['patch', 'branch', 'draft_pr'].indexOf(b.promotion.maxLevel) <=
      ['patch', 'branch', 'draft_pr'].indexOf(a.promotion.maxLevel) &&
    b.promotion.quorum >= a.promotion.quorum
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
        const [a, b, c] = [x, y, z].map(boundsOf) as [
          ReturnType<typeof boundsOf>,
          ReturnType<typeof boundsOf>,
          ReturnType<typeof boundsOf>,
        ];
        expect(meet(meet(a, b), c)).toEqual(meet(a, meet(b, c)));
        expect(meet(a, a)).toEqual(a);
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
      job({ allowedPaths: [], capabilities: [], adapters: [], promotion: { targets: [] } }),
    );
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

  it('refuses two commands of one name: an outcome could be taken for that of the other', () => {
    const test = (run: string) => ({ commands: [{ name: 'test', run, timeout: '1m' }] });
    expect(mergeLayers([installation(), repository(test('make test')), job(test('true'))])).toMatchObject({
      ok: false,
      code: 'policy.command_conflict',
      message: expect.stringContaining('test'),
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
