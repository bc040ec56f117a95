import { describe, expect, it } from '@jest/globals';
import { JobSpec, type EffectivePolicy, type JobSpecInput, type PolicyRules } from '@gatehouse/contracts';
import { denialsOf, layerOfJob } from './job.layer.js';
import { mergeLayers } from './merge.js';
import { wideningsOf } from './widening.js';

const above = (rules: PolicyRules = {}): EffectivePolicy => {
  const merge = mergeLayers([{ layer: 'installation', name: 'default', rules }]);
  if (!merge.ok) throw new Error(merge.message);
  return merge.policy;
};
const fields = (rules: PolicyRules, policy = above()) => wideningsOf(rules, policy).map(({ field }) => field);

describe('wideningsOf', () => {
  it('names the field, what was asked and what is allowed', () => {
    expect(wideningsOf({ limits: { files: 500 } }, above())).toEqual([
      {
        field: 'limits.files',
        asked: '500',
        allowed: '100',
        message:
          'limits.files asks for 500, and the policies above allow 100. Ask for no more, or leave it out.',
      },
    ]);
  });

  it.each<[string, PolicyRules, PolicyRules, string[]]>([
    ['as much as allowed', { limits: { files: 100 }, symlinks: 'forbid', allowedPaths: ['**'] }, {}, []],
    [
      'less',
      { limits: { files: 1 }, executables: 'forbid', allowedPaths: ['docs/**'], adapters: [] },
      {},
      [],
    ],
    ['nothing at all', {}, {}, []],
    [
      'forbids, commands, setup',
      { forbiddenPaths: [], runtimeArtifacts: [], commands: [], setup: 'x' },
      {},
      [],
    ],
    [
      'looser tests',
      { tests: { fewerPercent: 11, hunkRevert: false, reruns: 2, files: [] } },
      { tests: { hunkRevert: true } },
      ['tests.fewerPercent', 'tests.hunkRevert'],
    ],
    [
      'a larger budget of reviewers',
      { promotion: { openPullRequests: 6, requestsPerHour: 2 } },
      { promotion: { openPullRequests: 5, requestsPerHour: 1 } },
      ['promotion.openPullRequests', 'promotion.requestsPerHour'],
    ],
    [
      'a larger window of speculation',
      { promotion: { speculativeWindow: 6 } },
      { promotion: { speculativeWindow: 5 } },
      ['promotion.speculativeWindow'],
    ],
    ['a window of speculation where there is none', { promotion: { speculativeWindow: 6 } }, {}, []],
    ['looser stances', { symlinks: 'permit', executables: 'permit' }, {}, ['symlinks', 'executables']],
    [
      'a capability that is not there',
      { capabilities: ['docker_sandbox', 'process_sandbox'] },
      { capabilities: ['docker_sandbox'] },
      ['capabilities[1]'],
    ],
    ['another adapter', { adapters: ['patch', 'shell'] }, {}, ['adapters[1]']],
    [
      'a path outside',
      { allowedPaths: ['docs/a.md', 'src/**'] },
      { allowedPaths: ['docs/**'] },
      ['allowedPaths[1]'],
    ],
    ['all paths', { allowedPaths: ['**'] }, { allowedPaths: ['docs/**'] }, ['allowedPaths[0]']],
    ['paths where none are allowed', { allowedPaths: ['a'] }, { allowedPaths: [] }, ['allowedPaths[0]']],
    [
      'a higher level',
      { promotion: { maxLevel: 'draft_pr' } },
      { promotion: { maxLevel: 'branch' } },
      ['promotion.maxLevel'],
    ],
    [
      'fewer approvals',
      { promotion: { approvals: { quorum: 0 } } },
      { promotion: { approvals: { quorum: 2 } } },
      ['promotion.approvals.quorum'],
    ],
    ['an approved secret of its own', { secrets: { allow: ['a'.repeat(64)] } }, {}, ['secrets.allow[0]']],
    [
      'a registry of its own',
      { dependencies: { registries: ['index.example', 'npm.example'] } },
      { dependencies: { registries: ['index.example'] } },
      ['dependencies.registries[1]'],
    ],
    [
      'a registry where the base is the list',
      { dependencies: { registries: ['npm.example'] } },
      {},
      ['dependencies.registries[0]'],
    ],
    ['none but those of the base', { dependencies: { registries: [] } }, {}, []],
    [
      'more packages',
      { dependencies: { names: ['@acme/*', 'left-pad'] } },
      { dependencies: { names: ['@acme/**'] } },
      ['dependencies.names[1]'],
    ],
    ['another image', { images: ['node-*'] }, { images: ['node-24'] }, ['images[0]']],
    ['publishing where all is staged', { staged: false }, { staged: true }, ['staged']],
    ['staging', { staged: true }, {}, []],
    [
      'activation by whoever wrote it',
      { activation: 'anyone' },
      { activation: 'another_person' },
      ['activation'],
    ],
    [
      'more tokens, rounds, lines and money',
      { limits: { maxTokens: 2, rounds: 2, lines: 2, maxCostUsd: 2 } },
      { limits: { maxTokens: 1, rounds: 1, lines: 1, maxCostUsd: 1.5 } },
      ['limits.lines', 'limits.rounds', 'limits.maxTokens', 'limits.maxCostUsd'],
    ],
    [
      'fewer gates and rules of its own',
      { gates: { required: [], blocking: ['*'] }, rules: [] },
      { gates: { blocking: ['secrets'] } },
      [],
    ],
    [
      'another target',
      { promotion: { targets: ['main', 'prod'] } },
      { promotion: { targets: ['main'] } },
      ['promotion.targets[1]'],
    ],
  ])('%s', (_, rules, policy, expected) => expect(fields(rules, above(policy))).toEqual(expected));

  it('finds everything too wide where no layer has a list at all', () => {
    expect(fields({ allowedPaths: ['a'] }, { ...above(), allowedPaths: [] })).toEqual(['allowedPaths[0]']);
  });

  it('shows a path where a glob reaches too far', () => {
    const [found] = wideningsOf({ allowedPaths: ['docs/**'] }, above({ allowedPaths: ['docs/*'] }));
    expect(found?.asked).toMatch(/^docs\/\*\* \(e\.g\. docs\/.\/.\)$/);
  });
});

const spec = (change: Partial<JobSpecInput['spec']> = {}): JobSpec =>
  JobSpec.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: { name: 'x' },
    spec: { goal: 'x', agent: { adapter: 'command', command: ['true'] }, ...change },
  });

describe('layerOfJob', () => {
  it('joins the rules of the job and what it adds to validation', () => {
    const layer = layerOfJob(
      'job_1',
      spec({
        policy: { allowedPaths: ['a'], setup: 'one', commands: [{ name: 'a', run: 'a' }] },
        validation: { setup: 'two', commands: [{ name: 'b', run: 'b' }] },
      }),
    );
    expect(layer).toMatchObject({
      layer: 'job',
      name: 'job_1',
      rules: { allowedPaths: ['a'], setup: 'one\ntwo', commands: [{ name: 'a' }, { name: 'b' }] },
    });
    expect(mergeLayers([{ layer: 'installation', name: 'x', rules: {} }, layer])).toMatchObject({ ok: true });
  });

  it('says nothing where the job says nothing', () => {
    expect(layerOfJob('job_1', spec()).rules).toEqual({});
  });
});

describe('denialsOf', () => {
  const denied = (job: JobSpec, rules: PolicyRules, target: string | null = 'main') =>
    denialsOf(job, above(rules), target).map(({ field }) => field);

  it('finds nothing in a plain job', () => expect(denied(spec(), {})).toEqual([]));

  it.each<[string, JobSpec, PolicyRules]>([
    ['spec.agent.adapter', spec(), { adapters: ['patch'] }],
    [
      'spec.requires.kinds[1]',
      spec({ requires: { kinds: ['docker_sandbox', 'process_sandbox'] } }),
      { capabilities: ['docker_sandbox'] },
    ],
    ['spec.limits.execution', spec({ limits: { execution: '61m' } }), { limits: { executionMinutes: 60 } }],
    ['spec.promotion.level', spec({ promotion: { level: 'branch' } }), { promotion: { maxLevel: 'patch' } }],
    ['spec.promotion.target', spec(), { promotion: { targets: ['release/*'] } }],
    ['spec.promotion.target', spec(), { promotion: { targets: [] } }],
  ])('%s', (field, job, rules) => expect(denied(job, rules)).toEqual([field]));

  it('leaves the target alone as long as it is not known', () => {
    expect(denied(spec(), { promotion: { targets: [] } }, null)).toEqual([]);
  });
});
