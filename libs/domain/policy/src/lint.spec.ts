import { describe, expect, it } from '@jest/globals';
import { PolicyDocument, type PolicyRules } from '@gatehouse/contracts';
import { defaultInstallationPolicy } from './default.policy.js';
import { layerOf } from './document.layer.js';
import { lintPolicy } from './lint.js';

const gates = [{ id: 'protected-paths' }, { id: 'tree-size', always: true as const }];
const document = (spec: PolicyRules, repository?: string): PolicyDocument =>
  PolicyDocument.parse({
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Policy',
    metadata: {
      name: 'mine',
      ...(repository === undefined ? { layer: 'installation' } : { layer: 'repository', repository }),
    },
    spec,
  });
const found = (spec: PolicyRules, others: PolicyRules[] = [{}]): string[] =>
  lintPolicy(document(spec, 'acme/widgets'), {
    others: others.map((rules, i) =>
      layerOf({ ...document(rules), metadata: { name: `other-${i}`, layer: 'installation' } }),
    ),
    gates,
  }).map(({ severity, code, field }) => `${severity} ${code.replace('lint.', '')} ${field}`);

describe('lintPolicy', () => {
  it('has nothing to say of the default policy, nor of one that only narrows it', () => {
    expect(lintPolicy(defaultInstallationPolicy, { others: [], gates })).toEqual([]);
    expect(
      found({ allowedPaths: ['src/**', 'docs/**'], limits: { files: 10 }, adapters: ['patch'] }),
    ).toEqual([]);
  });

  it.each<[string, PolicyRules, string[], PolicyRules[]?]>([
    [
      'a gate that is not there',
      { gates: { required: ['protected-path'] } },
      ['error unknown_gate spec.gates.required[0]'],
    ],
    [
      'a gate that cannot be staged',
      { gates: { staged: ['tree-size'] } },
      ['warning never_staged spec.gates.staged[0]'],
    ],
    [
      'nothing permitted',
      { allowedPaths: [], adapters: [] },
      ['error nothing spec.allowedPaths', 'error nothing spec.adapters'],
    ],
    ['a limit of nothing', { limits: { files: 0 } }, ['error nothing spec.limits.files']],
    [
      'globs that others cover',
      { forbiddenPaths: ['a/**', 'a/b', 'c'] },
      ['warning covered spec.forbiddenPaths[1]'],
    ],
    ['the same twice', { runtimeArtifacts: ['x', 'x'] }, ['warning covered spec.runtimeArtifacts[1]']],
    [
      'an allow that is forbidden',
      { allowedPaths: ['a/b', 'c'], forbiddenPaths: ['a/**'] },
      ['warning shadowed spec.allowedPaths[0]'],
    ],
    [
      'an allow that a layer above forbids',
      { allowedPaths: ['k/**', 'c'] },
      ['warning shadowed spec.allowedPaths[0]'],
      [{ forbiddenPaths: ['k/**'] }],
    ],
    [
      'an allow that can never match',
      { allowedPaths: ['a/**', 'b/**'] },
      ['warning never_matches spec.allowedPaths[1]'],
      [{ allowedPaths: ['a/**', 'c/**'] }],
    ],
    [
      'nothing in common',
      { allowedPaths: ['b/**'], adapters: ['codex'] },
      [
        'error nothing_in_common spec.adapters',
        'error nothing_in_common spec.allowedPaths',
        'warning wider spec.adapters[0]',
        'warning wider spec.allowedPaths[0]',
      ],
      [{ allowedPaths: ['a/**'], adapters: ['patch'] }],
    ],
    [
      'more than the layers above allow',
      { limits: { files: 500 }, symlinks: 'permit' },
      ['warning wider spec.limits.files', 'warning wider spec.symlinks'],
    ],
    [
      'another command of one name',
      { commands: [{ name: 'tests', run: 'a', timeout: '1m' }] },
      ['error contradiction spec.commands'],
      [{ commands: [{ name: 'tests', run: 'b', timeout: '1m' }] }],
    ],
    [
      'a permit that a forbid takes back',
      {
        rules: [
          {
            id: 'yes',
            effect: 'permit',
            actions: ['agent.use'],
            resources: ['codex'],
            subjects: ['role:admin'],
          },
          { id: 'no', effect: 'forbid', actions: ['agent.use'], resources: ['co*'] },
          { id: 'other', effect: 'permit', actions: ['agent.use'], resources: ['patch'] },
        ],
      },
      ['warning shadowed spec.rules[0]'],
    ],
  ])('finds %s', (_, spec, expected, others = [{}]) => expect(found(spec, others)).toEqual(expected));

  it('finds what only some jobs below it would meet', () => {
    const commands = (run: string) => ({ commands: [{ name: 'tests', run, timeout: '1m' }] });
    const further = [layerOf(document(commands('b'), 'acme/widgets'))];
    expect(lintPolicy(document(commands('a')), { others: [], further, gates })).toMatchObject([
      { severity: 'error', code: 'lint.contradiction', field: 'spec.commands' },
    ]);
  });

  it('says what to do, and answers a huge document in bounded time', () => {
    const [first] = lintPolicy(document({ gates: { blocking: ['protect-paths'] } }), { others: [], gates });
    expect(first?.fix).toBe('Did you mean protected-paths?');
    const many = Array.from({ length: 1000 }, (_, i) => `**/a*${i}*b?/**/c${i}/*`);
    expect(
      lintPolicy(document({ forbiddenPaths: many, allowedPaths: many }), { others: [], gates }).length,
    ).toBeLessThan(201);
  });
});
