import { describe, expect, it } from '@jest/globals';
import { PolicyDocument, type EffectivePolicy, type PolicyRules } from '@gatehouse/contracts';
import { defaultInstallationPolicy, defaultRules } from './default.policy.js';
import { completePolicy, mergeLayers, type Layer } from './merge.js';

const installation = (rules: PolicyRules = {}): Layer => ({ layer: 'installation', name: 'default', rules });
const job = (rules: PolicyRules): Layer => ({ layer: 'job', name: 'job', rules });
const repository = (rules: PolicyRules): Layer => ({ layer: 'repository', name: 'repo', rules });

const merged = (...layers: Layer[]): EffectivePolicy => {
  const merge = mergeLayers(layers);
  if (!merge.ok) throw new Error(merge.message);
  return merge.policy;
};

describe('mergeLayers', () => {
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
