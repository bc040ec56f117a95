import { describe, expect, it } from '@jest/globals';
import type { EffectivePolicy, PolicyRules } from '@gatehouse/contracts';
import { limitNames, promotionNumbers, testNumbers } from './lattice.js';
import { mergeLayers, type Layer } from './merge.js';

const hash = (digit: string): string => digit.repeat(64);

/** Permits all there is, so that what is left is what the two layers below it say. */
const wide: PolicyRules = {
  ...{ symlinks: 'permit', gitlinks: 'permit', executables: 'permit' },
  ...{ allowedPaths: ['**'], forbiddenPaths: [], runtimeArtifacts: [], images: ['**'] },
  ...{ capabilities: ['docker_sandbox', 'process_sandbox'], adapters: ['command', 'patch', 'shell'] },
  limits: Object.fromEntries(limitNames.map((name) => [name, 9])),
  tests: { files: [], hunkRevert: false, ...Object.fromEntries(testNumbers.map((name) => [name, 9])) },
  gates: { required: [], blocking: [], staged: [] },
  secrets: { allow: [hash('1'), hash('2'), hash('3')] },
  dependencies: { registries: ['a.example', 'b.example', 'c.example'], names: ['**'] },
  promotion: {
    ...{ maxLevel: 'draft_pr', approvals: { quorum: 0 }, targets: ['**'] },
    ...{ openPullRequests: 9, requestsPerHour: 9 },
  },
};
const merged = (repository: PolicyRules, job: PolicyRules): EffectivePolicy => {
  const layers: Layer[] = [
    { layer: 'installation', name: 'wide', rules: wide },
    { layer: 'repository', name: 'x', rules: repository },
    { layer: 'job', name: 'y', rules: job },
  ];
  const merge = mergeLayers(layers);
  if (!merge.ok) throw new Error(merge.message);
  return merge.policy;
};
const command = (name: string) => ({ name, run: `make ${name}`, timeout: '1m' });
const rule = (id: string) => ({ id, effect: 'forbid' as const, actions: ['job.submit' as const] });

type Fields = { readonly [Name in keyof EffectivePolicy]?: unknown };

/** Field, what two layers say of it, and what that comes to whichever of them is the narrower one. */
const laws: readonly [string, PolicyRules, PolicyRules, Fields][] = [
  [
    'allowedPaths',
    { allowedPaths: ['a/**'] },
    { allowedPaths: ['b'] },
    { allowedPaths: [['**'], ['a/**'], ['b']] },
  ],
  ['forbiddenPaths', { forbiddenPaths: ['a'] }, { forbiddenPaths: ['b'] }, { forbiddenPaths: ['a', 'b'] }],
  [
    'runtimeArtifacts',
    { runtimeArtifacts: ['a'] },
    { runtimeArtifacts: ['b'] },
    { runtimeArtifacts: ['a', 'b'] },
  ],
  [
    'capabilities',
    { capabilities: ['docker_sandbox'] },
    { capabilities: ['process_sandbox', 'docker_sandbox'] },
    { capabilities: ['docker_sandbox'] },
  ],
  ['adapters', { adapters: ['command', 'patch'] }, { adapters: ['patch', 'shell'] }, { adapters: ['patch'] }],
  ['symlinks', { symlinks: 'permit' }, { symlinks: 'forbid' }, { symlinks: 'forbid' }],
  ['gitlinks', { gitlinks: 'permit' }, { gitlinks: 'require_approval' }, { gitlinks: 'require_approval' }],
  ['executables', { executables: 'require_approval' }, { executables: 'forbid' }, { executables: 'forbid' }],
  ...limitNames.map((name): (typeof laws)[number] => [
    `limits.${name}`,
    { limits: { [name]: 2 } },
    { limits: { [name]: 1 } },
    { limits: expect.objectContaining({ [name]: 1 }) },
  ]),
  ...testNumbers.map((name): (typeof laws)[number] => [
    `tests.${name}`,
    { tests: { [name]: 2 } },
    { tests: { [name]: 1 } },
    { tests: expect.objectContaining({ [name]: 1 }) },
  ]),
  [
    'tests.files',
    { tests: { files: ['a'] } },
    { tests: { files: ['b'] } },
    { tests: expect.objectContaining({ files: expect.arrayContaining([['a'], ['b']]) }) },
  ],
  [
    'tests.hunkRevert',
    { tests: { hunkRevert: true } },
    { tests: { hunkRevert: false } },
    { tests: expect.objectContaining({ hunkRevert: true }) },
  ],
  [
    'commands',
    { commands: [command('lint')] },
    { commands: [command('test')] },
    { commands: expect.arrayContaining([command('lint'), command('test')]) },
  ],
  ['setup', { setup: 'one' }, { setup: 'two' }, { setup: expect.arrayContaining(['one', 'two']) }],
  [
    'rules',
    { rules: [rule('a')] },
    { rules: [rule('b')] },
    {
      rules: expect.arrayContaining([
        expect.objectContaining({ rules: [rule('a')] }),
        expect.objectContaining({ rules: [rule('b')] }),
      ]),
    },
  ],
  ...(['required', 'blocking', 'staged'] as const).map((name): (typeof laws)[number] => [
    `gates.${name}`,
    { gates: { [name]: ['a'] } },
    { gates: { [name]: ['b'] } },
    { gates: expect.objectContaining({ [name]: ['a', 'b'] }) },
  ]),
  [
    'secrets.allow',
    { secrets: { allow: [hash('1'), hash('2')] } },
    { secrets: { allow: [hash('2'), hash('3')] } },
    { secrets: { allow: [hash('2')] } },
  ],
  [
    'dependencies.registries',
    { dependencies: { registries: ['a.example', 'b.example'] } },
    { dependencies: { registries: ['b.example', 'c.example'] } },
    { dependencies: { registries: ['b.example'], names: [['**']] } },
  ],
  [
    'dependencies.names',
    { dependencies: { names: ['a'] } },
    { dependencies: { names: ['b'] } },
    { dependencies: expect.objectContaining({ names: [['**'], ['a'], ['b']] }) },
  ],
  ['images', { images: ['a'] }, { images: ['b'] }, { images: [['**'], ['a'], ['b']] }],
  ['staged', { staged: true }, { staged: false }, { staged: true }],
  [
    'activation',
    { activation: 'another_person' },
    { activation: 'anyone' },
    { activation: 'another_person' },
  ],
  [
    'promotion.maxLevel',
    { promotion: { maxLevel: 'patch' } },
    { promotion: { maxLevel: 'branch' } },
    { promotion: expect.objectContaining({ maxLevel: 'patch' }) },
  ],
  [
    'promotion.approvals.quorum',
    { promotion: { approvals: { quorum: 1 } } },
    { promotion: { approvals: { quorum: 2 } } },
    { promotion: expect.objectContaining({ quorum: 2 }) },
  ],
  [
    'promotion.speculativeWindow',
    { promotion: { speculativeWindow: 2 } },
    { promotion: { speculativeWindow: 4 } },
    { promotion: expect.objectContaining({ speculativeWindow: 2 }) },
  ],
  [
    'promotion.speculativeWindow, which only one of them names,',
    { promotion: { speculativeWindow: 3 } },
    {},
    { promotion: expect.objectContaining({ speculativeWindow: 3 }) },
  ],
  ...promotionNumbers.map((name): (typeof laws)[number] => [
    `promotion.${name}`,
    { promotion: { [name]: 2 } },
    { promotion: { [name]: 4 } },
    { promotion: expect.objectContaining({ [name]: 2 }) },
  ]),
  [
    'promotion.targets',
    { promotion: { targets: ['a'] } },
    { promotion: { targets: ['b'] } },
    { promotion: expect.objectContaining({ targets: [['**'], ['a'], ['b']] }) },
  ],
];

describe('what two layers say', () => {
  it.each(laws)('of %s comes to the stricter of both, whichever is the narrower', (_, one, other, both) => {
    expect(merged(one, other)).toMatchObject(both);
    expect(merged(other, one)).toMatchObject(both);
  });

  it('of one command name for two commands permits nothing', () => {
    const [one, other] = [
      { commands: [command('test')] },
      { commands: [{ ...command('test'), run: 'true' }] },
    ];
    expect(() => merged(one, other)).toThrow(/same name/);
    expect(() => merged(other, one)).toThrow(/same name/);
  });
});
