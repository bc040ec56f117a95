import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import fc from 'fast-check';
import { CancelJob, JobQuery, JobSpec, RefName } from './job.js';

const spec = (over: object = {}) => ({
  apiVersion: 'gatehouse.dev/v1',
  kind: 'Job',
  metadata: { name: 'fix-typo' },
  spec: { goal: 'Fix it', agent: { adapter: 'command', command: ['true'] }, ...over },
});
const faults = (value: unknown): string[] =>
  JobSpec.safeParse(value).error?.issues.map(({ path }) => path.map(String).join('.')) ?? [];
const agent = (over: object) => spec({ agent: { adapter: 'command', command: ['true'], ...over } });

describe('JobSpec', () => {
  it('takes the smallest document and fills in the defaults of the product', () => {
    const { metadata, spec: filled } = JobSpec.parse(spec());
    expect(metadata.labels).toEqual({});
    expect(filled).toEqual({
      base: 'HEAD',
      goal: 'Fix it',
      agent: { adapter: 'command', command: ['true'] },
      requires: { labels: {}, network: 'none' },
      limits: {
        execution: '60m',
        scheduleToStart: '15m',
        memoryMiB: 2048,
        cpus: 2,
        pids: 512,
        rounds: 1,
        appRetries: 0,
      },
      validation: { commands: [] },
      promotion: { level: 'branch' },
    });
  });

  it('parses to itself once it is filled in, so that its digest is stable', () => {
    const once = JobSpec.parse(spec({ promotion: { level: 'draft_pr', title: 'Fix' } }));
    expect(JobSpec.parse(structuredClone(once))).toEqual(once);
  });

  it('takes a patch handed in', () => {
    const patch = { adapter: 'patch', artifact: `sha256:${'0'.repeat(64)}` };
    expect(faults(spec({ agent: patch }))).toEqual([]);
    expect(faults(spec({ agent: { ...patch, command: ['true'] } }))).toEqual(['spec.agent']);
  });

  it.each([
    ['the document', { ...spec(), extra: 1 }, ''],
    ['metadata', { ...spec(), metadata: { name: 'x', extra: 1 } }, 'metadata'],
    ['spec', spec({ extra: 1 }), 'spec'],
    ['agent', agent({ shell: true }), 'spec.agent'],
    ['requires', spec({ requires: { extra: 1 } }), 'spec.requires'],
    ['limits', spec({ limits: { extra: 1 } }), 'spec.limits'],
    ['policy', spec({ policy: { extra: 1 } }), 'spec.policy'],
    ['validation', spec({ validation: { extra: 1 } }), 'spec.validation'],
    ['promotion', spec({ promotion: { draft: false } }), 'spec.promotion'],
  ])('refuses an unknown field in %s', (_, value, place) => expect(faults(value)).toEqual([place]));

  it.each([
    ['another version', { ...spec(), apiVersion: 'gatehouse.dev/v2' }, 'apiVersion'],
    ['another kind', { ...spec(), kind: 'Policy' }, 'kind'],
    ['an upper-case name', { ...spec(), metadata: { name: 'Fix' } }, 'metadata.name'],
    ['a name that climbs', { ...spec(), metadata: { name: '../x' } }, 'metadata.name'],
    ['no goal', spec({ goal: '' }), 'spec.goal'],
    ['a goal that is too long', spec({ goal: 'x'.repeat(20_001) }), 'spec.goal'],
    ['no command', agent({ command: [] }), 'spec.agent.command'],
    ['an empty program', agent({ command: ['', 'x'] }), 'spec.agent.command.0'],
    ['a command in one string', agent({ command: 'rm -rf /' }), 'spec.agent.command'],
    ['an unknown adapter', spec({ agent: { adapter: 'shell', command: ['x'] } }), 'spec.agent.adapter'],
    ['a variable in lower case', agent({ env: { path: 'x' } }), 'spec.agent.env.path'],
    ['a network', spec({ requires: { network: 'full' } }), 'spec.requires.network'],
    ['an unknown capability', spec({ requires: { kinds: ['root_shell'] } }), 'spec.requires.kinds.0'],
    ['no time', spec({ limits: { execution: '0s' } }), 'spec.limits.execution'],
    ['more than a week', spec({ limits: { execution: '8d' } }), 'spec.limits.execution'],
    ['no processor', spec({ limits: { cpus: 0 } }), 'spec.limits.cpus'],
    ['half a round', spec({ limits: { rounds: 1.5 } }), 'spec.limits.rounds'],
    ['a number as text', spec({ limits: { pids: '512' } }), 'spec.limits.pids'],
    ['NaN', spec({ limits: { cpus: NaN } }), 'spec.limits.cpus'],
    ['infinity', spec({ limits: { maxCostUsd: Infinity } }), 'spec.limits.maxCostUsd'],
    ['a level above all', spec({ promotion: { level: 'merge' } }), 'spec.promotion.level'],
    ['a title of two lines', spec({ promotion: { title: 'a\nb' } }), 'spec.promotion.title'],
    ['a title that reads backwards', spec({ promotion: { title: 'a\u202eb' } }), 'spec.promotion.title'],
    ['a title of spaces', spec({ promotion: { title: ' \u00a0' } }), 'spec.promotion.title'],
    ['a repository that climbs', spec({ repository: 'a/..' }), 'spec.repository'],
    [
      'two commands of one name',
      spec({
        validation: {
          commands: [
            { name: 'a', run: 'x' },
            { name: 'a', run: 'y' },
          ],
        },
      }),
      'spec.validation.commands',
    ],
    [
      '65 labels',
      {
        ...spec(),
        metadata: {
          name: 'x',
          labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, ''])),
        },
      },
      'metadata.labels',
    ],
  ])('refuses %s', (_, value, place) => expect(new Set(faults(value))).toEqual(new Set([place])));

  const poison = { NUL: 'a\0b', 'a lone surrogate': 'a\ud800b', 'a lone low surrogate': '\udc00' };
  describe.each(Object.entries(poison))('%s', (_, text) => {
    it.each([
      ['goal', spec({ goal: text })],
      ['argument', agent({ command: ['echo', text] })],
      ['variable', agent({ env: { A: text } })],
      ['label', { ...spec(), metadata: { name: 'x', labels: { a: text } } }],
      ['label name', { ...spec(), metadata: { name: 'x', labels: { [text]: 'a' } } }],
      ['required label', spec({ requires: { labels: { a: text } } })],
      ['setup', spec({ validation: { setup: text } })],
      ['validating command', spec({ validation: { commands: [{ name: 'a', run: text }] } })],
      ['title', spec({ promotion: { title: text } })],
      ['base', spec({ base: text })],
      ['target', spec({ promotion: { target: text } })],
      ['allowed path', spec({ policy: { allowedPaths: [text] } })],
    ])('is refused in a %s', (_, value) => expect(JobSpec.safeParse(value).success).toBe(false));

    it('is refused in a reason', () => expect(CancelJob.safeParse({ reason: text }).success).toBe(false));
  });

  it('takes whatever else people write', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (goal) => {
        fc.pre(!goal.includes('\0'));
        expect(JobSpec.parse(spec({ goal })).spec.goal).toBe(goal);
      }),
    );
  });

  it('never lets __proto__ or constructor reach a prototype', () => {
    const hostile = [
      '{"__proto__":{"polluted":1},"kind":"Job"}',
      JSON.stringify(spec()).replace('"goal"', '"__proto__":{"polluted":1},"goal"'),
      JSON.stringify(agent({ env: { A: 'x' } })).replace('"A"', '"__proto__":"p","A"'),
    ];
    for (const text of hostile) {
      const parsed = JobSpec.safeParse(JSON.parse(text));
      if (parsed.success) expect(JSON.stringify(parsed.data)).not.toContain('__proto__');
    }
    expect(faults(JSON.parse(hostile[1]!))).toEqual(['spec']);
    const labels = JSON.parse('{"__proto__":"p","constructor":"c","toString":"t"}') as object;
    const { metadata } = JobSpec.parse({ ...spec(), metadata: { name: 'x', labels } });
    expect(Object.getOwnPropertyNames(metadata.labels).sort()).toEqual(['constructor', 'toString']);
    // Jest gives Zod another Object than this file.
    const zods = z.object({}).parse({});
    expect(Object.getPrototypeOf(metadata.labels)).toBe(Object.getPrototypeOf(zods));
    for (const plain of [{}, zods]) expect((plain as { polluted?: number }).polluted).toBeUndefined();
  });

  it('answers, and does not throw, on nesting that would exhaust a stack', () => {
    let object: unknown = 1;
    let array: unknown = [];
    for (let i = 0; i < 100_000; i++) {
      object = { a: object };
      array = [array];
    }
    expect(JobSpec.safeParse(object).success).toBe(false);
    expect(faults(spec({ policy: object }))).toContain('spec.policy');
    expect(faults(agent({ command: array }))).toEqual(['spec.agent.command.0']);
  });

  it('answers, and does not throw, on any JSON', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => expect(JobSpec.safeParse(value).success).toBe(false)));
  });
});

describe('RefName', () => {
  it.each([
    'main',
    'HEAD',
    'feature/x',
    'v1.0.0',
    'refs/heads/main',
    'release-1_2+b',
    'a@b',
    '0123456789abcdef0123456789abcdef01234567',
  ])('takes %s', (ref) => expect(RefName.safeParse(ref).success).toBe(true));

  it.each([
    '',
    '-x',
    '--upload-pack=x',
    '.a',
    'a..b',
    'a/../b',
    'a//b',
    '/a',
    'a/',
    'a.',
    'a.lock',
    'a.lock/b',
    'a/.b',
    '@',
    '@{-1}',
    'a@{1}',
    'HEAD~1',
    'a^',
    'a:b',
    ':a',
    'a b',
    'a\tb',
    'a\n',
    'main\n',
    'a\0',
    'a\\b',
    'a*',
    'a?',
    'a[b',
    'a\u007f',
    'é',
    '\ud800',
    'a'.repeat(201),
    'ext::sh',
  ])('refuses %j', (ref) => expect(RefName.safeParse(ref).success).toBe(false));

  it('takes nothing that git check-ref-format would refuse as a branch', () => {
    const bad = /[\0-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|^\/|\/$|\.$|\.lock(?:\/|$)|(?:^|\/)\.|^@$|^-/;
    const letters = fc.constantFrom(
      'a',
      '.',
      '/',
      '@',
      '{',
      '-',
      '~',
      '^',
      ':',
      ' ',
      '\\',
      'lock',
      '.lock',
      '*',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 12 }), (parts) => {
        const ref = parts.join('');
        if (RefName.safeParse(ref).success) expect(ref).not.toMatch(bad);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('JobQuery', () => {
  const takes = (createdAfter: string): boolean => JobQuery.safeParse({ createdAfter }).success;
  it.each(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.123456789Z'])('takes %s', (at) =>
    expect(takes(at)).toBe(true),
  );
  it.each(['0000-12-31T23:59:59Z', `2026-01-01T00:00:00.${'1'.repeat(500)}Z`])(
    'refuses %s, which is no instant to Postgres',
    (at) => expect(takes(at)).toBe(false),
  );
});
