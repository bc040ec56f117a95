import { describe, expect, it } from '@jest/globals';
import { activations, EffectivePolicy, type PolicyRules } from '@gatehouse/contracts';
import fc from 'fast-check';
import { boundsOf, gateFields, limitNames, promotionNumbers, meet, stances, testNumbers } from './lattice.js';
import { mergeLayers, type Layer } from './merge.js';

const installation = (rules: PolicyRules = {}): Layer => ({ layer: 'installation', name: 'default', rules });

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
    fc.record({ registries: some(fc.subarray(['index.example', 'npm.example'])), names: some(globs) }),
  ),
  images: some(globs),
  staged: some(fc.boolean()),
  activation: some(fc.constantFrom('anyone', 'another_person')),
  promotion: some(
    fc.record({
      maxLevel: some(fc.constantFrom('patch', 'branch', 'draft_pr')),
      approvals: some(fc.record({ quorum: fc.nat(3) })),
      targets: some(globs),
      openPullRequests: some(fc.nat(9)),
      requestsPerHour: some(fc.nat(9)),
      speculativeWindow: some(fc.integer({ min: 1, max: 9 })),
    }),
  ),
}) as fc.Arbitrary<PolicyRules>;
const layer: fc.Arbitrary<Layer> = fc.record({
  layer: fc.constantFrom('installation', 'organisation', 'repository', 'capability', 'job'),
  name: fc.constantFrom('x', 'y'),
  rules,
});
const layers = fc.array(layer, { maxLength: 5 }).map((list) => [installation(), ...list]);

/** Without a list the base's hosts are the list, and only then may a person be asked. */
const noMoreHosts = (a: readonly string[] | null, b: readonly string[] | null): boolean =>
  b === null ? a === null : b.every((host) => a?.includes(host) === true);

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
    promotionNumbers.every((name) => b.promotion[name] <= a.promotion[name]) &&
    (b.promotion.speculativeWindow ?? Infinity) <= (a.promotion.speculativeWindow ?? Infinity) &&
    b.promotion.quorum >= a.promotion.quorum &&
    within(a.rules, b.rules) &&
    gateFields.every((name) => b.gates[name].includes('*') || within(a.gates[name], b.gates[name])) &&
    within(b.secrets.allow, a.secrets.allow) &&
    noMoreHosts(a.dependencies.registries, b.dependencies.registries) &&
    within(a.dependencies.names, b.dependencies.names) &&
    within(a.images, b.images) &&
    b.staged >= a.staged &&
    activations.indexOf(b.activation) >= activations.indexOf(a.activation)
  );
};

describe('a merge of layers', () => {
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
          boundsOf(of, { layer: name === 'a' ? 'installation' : 'repository', name, digest: name });
        const [a, b, c] = [bounds(x, 'a'), bounds(y, 'b'), bounds(z, 'c')];
        expect(meet(meet(a, b), c)).toEqual(meet(a, meet(b, c)));
        expect(meet(a, a)).toEqual(a);
        // Commands and setup lines keep the order in which they were given.
        const { commands: _, setup: __, ...rest } = meet(b, a);
        expect(meet(a, b)).toMatchObject(rest);
      }),
    );
  });
});
