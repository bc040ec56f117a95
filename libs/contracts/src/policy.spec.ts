import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import fc from 'fast-check';
import { PolicyDocument, PolicyRules } from './policy.js';
import { PathGlob } from './policy.parts.js';

const policy = (spec: object = {}, metadata: object = {}) => ({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Policy',
  metadata: { name: 'default', layer: 'installation', ...metadata },
  spec,
});
const faults = (value: unknown): string[] =>
  PolicyDocument.safeParse(value).error?.issues.map(({ path }) => path.map(String).join('.')) ?? [];

describe('PathGlob', () => {
  it.each([
    'README.md',
    'docs/**',
    '**',
    '**/*.md',
    'a/**/b',
    '*',
    '?',
    'a b',
    'ä/ö',
    '.github/**',
    '[a]',
    '{a,b}',
    'a\\b',
  ])('takes %s', (glob) => expect(PathGlob.safeParse(glob).success).toBe(true));

  it.each([
    '',
    '/',
    '/a',
    'a/',
    'a//b',
    '.',
    '..',
    './a',
    '../a',
    'a/..',
    'a/./b',
    'a**',
    '**a',
    'a/b**/c',
    '***',
    'a\0',
    'a\nb',
    '\ud800',
    'x'.repeat(501),
  ])('refuses %j', (glob) => expect(PathGlob.safeParse(glob).success).toBe(false));

  it('takes nothing that could point outside the repository', () => {
    const letters = fc.constantFrom('a', '.', '..', '/', '*', '**', '?', '\\', '\0', '\n');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 10 }), (parts) => {
        const glob = parts.join('');
        if (!PathGlob.safeParse(glob).success) return;
        const segments = glob.split('/');
        expect(segments.filter((segment) => ['', '.', '..'].includes(segment))).toEqual([]);
        expect(segments.filter((segment) => segment.includes('**') && segment !== '**')).toEqual([]);
        expect(glob).not.toMatch(/[\0\n]/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('docs/policy.md', () => {
  it('names every field of a policy, and with it the test in which the field stops something', () => {
    const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'policy.md'), 'utf8');
    const named = new Set([...text.matchAll(/`([A-Za-z.]+)`/g)].map(([, name]) => name?.split('.').at(-1)));
    const fieldsOf = ({ shape }: { shape: Record<string, unknown> }): string[] =>
      Object.entries(shape).flatMap(([name, schema]) => {
        const inner = schema instanceof z.ZodOptional ? schema.unwrap() : schema;
        return inner instanceof z.ZodObject ? fieldsOf(inner) : [name];
      });
    const fields = fieldsOf(PolicyRules);
    expect(fields.length).toBeGreaterThan(25);
    expect(fields.filter((name) => !named.has(name))).toEqual([]);
  });
});

describe('PolicyDocument', () => {
  it('tells absent from empty: one is neutral, the other permits nothing', () => {
    expect(PolicyDocument.parse(policy()).spec).toEqual({});
    expect(PolicyDocument.parse(policy({ allowedPaths: [] })).spec).toEqual({ allowedPaths: [] });
    expect(PolicyDocument.parse(policy({ limits: {} })).spec).toEqual({ limits: {} });
  });

  it('names a repository in a repository layer, and in no other', () => {
    expect(faults(policy({}, { layer: 'repository', repository: 'acme/widgets' }))).toEqual([]);
    expect(faults(policy({}, { layer: 'repository' }))).toEqual(['metadata.repository']);
    expect(faults(policy({}, { repository: 'acme/widgets' }))).toEqual(['metadata.repository']);
    expect(faults(policy({}, { layer: 'repository', repository: '../x' }))).toContain('metadata.repository');
    expect(faults(policy({}, { layer: 'organisation', organisation: 'acme' }))).toEqual([]);
    expect(faults(policy({}, { layer: 'capability', capability: 'docker_sandbox' }))).toEqual([]);
    expect(faults(policy({}, { layer: 'organisation' }))).toEqual(['metadata.organisation']);
    expect(faults(policy({}, { layer: 'organisation', organisation: 'acme/x' }))).toContain(
      'metadata.organisation',
    );
    expect(faults(policy({}, { layer: 'capability', capability: 'vm' }))).toContain('metadata.capability');
    expect(faults(policy({}, { capability: 'docker_sandbox' }))).toEqual(['metadata.capability']);
  });

  it.each([
    ['an unknown layer', policy({}, { layer: 'job' }), 'metadata.layer'],
    ['an unknown field', policy({ allowPaths: [] }), 'spec'],
    ['an unknown limit', policy({ limits: { bytes: 1 } }), 'spec.limits'],
    ['null for a list', policy({ allowedPaths: null }), 'spec.allowedPaths'],
    ['one text for a list', policy({ allowedPaths: '**' }), 'spec.allowedPaths'],
    ['a stance that is none', policy({ symlinks: 'allow' }), 'spec.symlinks'],
    ['true for a stance', policy({ symlinks: true }), 'spec.symlinks'],
    ['a negative limit', policy({ limits: { files: -1 } }), 'spec.limits.files'],
    ['a limit past what can be counted', policy({ limits: { files: 1e300 } }), 'spec.limits.files'],
    [
      'half an approval',
      policy({ promotion: { approvals: { quorum: 0.5 } } }),
      'spec.promotion.approvals.quorum',
    ],
    ['a level that does not exist', policy({ promotion: { maxLevel: 'merge' } }), 'spec.promotion.maxLevel'],
    ['an empty target', policy({ promotion: { targets: [''] } }), 'spec.promotion.targets.0'],
    ['NUL in a target', policy({ promotion: { targets: ['a\0'] } }), 'spec.promotion.targets.0'],
    ['NUL in an adapter', policy({ adapters: ['\0'] }), 'spec.adapters.0'],
    ['a lone surrogate in a set-up', policy({ setup: '\ud800' }), 'spec.setup'],
    [
      'a command without an end',
      policy({ commands: [{ name: 'a', run: 'x', timeout: '3h' }] }),
      'spec.commands.0.timeout',
    ],
    ['no gate of that form', policy({ gates: { required: ['Secrets'] } }), 'spec.gates.required.0'],
    ['a key that is no digest', policy({ secrets: { allow: ['AKIA'] } }), 'spec.secrets.allow.0'],
    [
      'a registry with a path',
      policy({ dependencies: { registries: ['npm.example/x'] } }),
      'spec.dependencies.registries.0',
    ],
    ['half a line', policy({ limits: { lines: 0.5 } }), 'spec.limits.lines'],
    ['negative money', policy({ limits: { maxCostUsd: -0.01 } }), 'spec.limits.maxCostUsd'],
    ['text for a switch', policy({ staged: 'true' }), 'spec.staged'],
    ['a half activation', policy({ activation: 'nobody' }), 'spec.activation'],
    [
      'two commands of one name',
      policy({
        commands: [
          { name: 'a', run: 'x' },
          { name: 'a', run: 'y' },
        ],
      }),
      'spec.commands',
    ],
  ])('refuses %s', (_, value, place) => expect(new Set(faults(value))).toEqual(new Set([place])));

  it.each([
    ['a rule', { rules: [{ id: 'a', effect: 'forbid', actions: ['job.submit'] }] }],
    [
      'one with all it can have',
      {
        rules: [
          {
            id: 'a',
            effect: 'require_approval',
            actions: ['promotion.request'],
            subjects: ['*', 'kind:service', 'role:requester', 'principal:ann'],
            resources: ['branch/main', '/usr/bin/*'],
            when: { tainted: true, levels: ['branch'] },
            reason: 'Ask first.',
          },
        ],
      },
    ],
    ['lifted gates', { gates: { required: [], blocking: ['*'] } }],
    ['a fake key', { secrets: { allow: ['a'.repeat(64)] } }],
    ['registries', { dependencies: { registries: ['npm.example:8443'], names: ['@acme/*'] } }],
    ['images, staging, activation', { images: ['node-*'], staged: true, activation: 'another_person' }],
  ])('takes %s', (_, spec) => expect(faults(policy(spec))).toEqual([]));

  const ruleFaults = (change: object, ...more: object[]) =>
    faults(policy({ rules: [{ id: 'a', effect: 'forbid', actions: ['job.submit'], ...change }, ...more] }));

  it.each<[string, string[], object, ...object[]]>([
    ['no action', ['spec.rules.0.actions'], { actions: [] }],
    ['an unknown action', ['spec.rules.0.actions.0'], { actions: ['job.*'] }],
    ['an unknown effect', ['spec.rules.0.effect'], { effect: 'allow' }],
    ['an unknown field', ['spec.rules.0'], { allow: true }],
    ['no resource', ['spec.rules.0.resources'], { resources: [] }],
    ['a resource that climbs', ['spec.rules.0.resources.0'], { resources: ['a/../b'] }],
    ['a subject without a kind', ['spec.rules.0.subjects.0'], { subjects: ['ann'] }],
    ['a subject of another kind', ['spec.rules.0.subjects.0'], { subjects: ['kind:admin'] }],
    [
      'a name in a rule on content',
      ['spec.rules.0.actions'],
      { actions: ['path.change'], subjects: ['role:requester'] },
    ],
    [
      'a condition in a rule on content',
      ['spec.rules.0.actions'],
      { actions: ['job.submit', 'mode.change'], when: { tainted: true } },
    ],
    [
      'an approval of an approval',
      ['spec.rules.0.actions'],
      { effect: 'require_approval', actions: ['approval.give'] },
    ],
    ['the same id twice', ['spec.rules.1.id'], {}, { id: 'a', effect: 'permit', actions: ['job.submit'] }],
  ])('refuses a rule with %s', (_, places, change, ...more) =>
    expect(ruleFaults(change, ...more)).toEqual(places),
  );

  it('takes 10,000 rules, and neither one more nor 20,001 resources', () => {
    const rules = (count: number, each: number) =>
      Array.from({ length: count }, (_, i) => ({
        id: `r${i}`,
        effect: 'forbid',
        actions: ['path.change'],
        resources: Array.from({ length: each }, (__, k) => `a${i}/${k}`),
      }));
    expect(faults(policy({ rules: rules(10_000, 2) }))).toEqual([]);
    expect(faults(policy({ rules: rules(10_001, 1) }))).toEqual(['spec.rules']);
    expect(faults(policy({ rules: rules(21, 1000) }))).toEqual(['spec.rules.20.resources']);
  });

  it('refuses __proto__ and lets nothing reach a prototype', () => {
    const hostile = JSON.parse('{"__proto__":{"symlinks":"permit"}}') as object;
    expect(faults(policy(hostile))).toEqual(['spec']);
    expect(PolicyRules.safeParse(hostile).success).toBe(false);
    // Jest gives Zod another Object than this file.
    for (const plain of [{}, z.object({}).parse({})])
      expect((plain as { symlinks?: string }).symlinks).toBeUndefined();
  });

  it('answers, and does not throw, on any JSON and any depth', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = { limits: deep };
    expect(faults(policy(deep as object))).toEqual(['spec.limits']);
    fc.assert(
      fc.property(fc.jsonValue(), (value) => expect(PolicyDocument.safeParse(value).success).toBe(false)),
    );
  });
});
