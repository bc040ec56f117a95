import { describe, expect, it } from '@jest/globals';
import type { PolicyRule } from '@gatehouse/contracts';
import { compareWithCasbin, layersOf } from './decision.fixture.js';
import { indexOf } from './decision.index.js';
import { maxSteps, Question, ruleMatches, type Ask } from './decision.rule.js';
import { decide, decideEach } from './decision.js';
import { rawPathOfText } from './glob/path.js';

const asked = (change: Partial<Omit<Ask, 'resource'>> & { resource?: string } = {}): Ask => ({
  subject: { name: 'ann', kind: 'user', roles: ['requester'] },
  action: 'job.submit',
  context: { tainted: false, level: 'branch' },
  ...change,
  resource: rawPathOfText(change.resource ?? 'acme/widgets'),
});
const path = (resource: string, action: Ask['action'] = 'path.change') =>
  asked({ subject: null, action, resource, context: { tainted: false, level: null } });
const rule = (change: Partial<PolicyRule>): PolicyRule => ({
  id: 'r',
  effect: 'forbid',
  actions: ['job.submit'],
  ...change,
});
const policy = (...lists: PolicyRule[][]) => ({ digest: 'd', rules: layersOf(lists) });
const effectOf = (lists: PolicyRule[][], ask: Ask) => decide(policy(...lists), ask).effect;

/** A small linear congruential generator: the same cases on every run. */
const random = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

describe('decide', () => {
  it('permits where no rule of any layer speaks', () => {
    expect(decide(policy(), asked())).toEqual({
      effect: 'permit',
      rule: null,
      layer: null,
      reason: 'No rule of any layer speaks of job.submit of acme/widgets, so it is permitted.',
      policyDigest: 'd',
    });
    expect(effectOf([[rule({ actions: ['agent.use'] })]], asked())).toBe('permit');
  });

  it('names rule, layer and its reason where one forbids', () => {
    const forbid = rule({ id: 'frozen', resources: ['acme/*'], reason: 'Release week.' });
    expect(decide(policy([rule({ effect: 'permit' })], [forbid]), asked())).toMatchObject({
      effect: 'forbid',
      rule: 'frozen',
      layer: { layer: 'repository', name: 'layer-1' },
      reason:
        'The rule frozen of the repository policy layer-1 forbids job.submit of acme/widgets: Release week.',
    });
  });

  it('lets a forbid win over any number of permits, in either order and in either layer', () => {
    const permit = rule({ id: 'p', effect: 'permit' });
    const forbid = rule({ id: 'f' });
    for (const lists of [[[permit, forbid]], [[forbid, permit]], [[permit], [forbid]], [[forbid], [permit]]])
      expect(decide(policy(...lists), asked())).toMatchObject({ effect: 'forbid', rule: 'f' });
  });

  it('says that no rule permits where a layer has permits and none matches', () => {
    const elsewhere = rule({ effect: 'permit', resources: ['acme/docs'] });
    expect(decide(policy([rule({ effect: 'permit' })], [elsewhere]), asked())).toMatchObject({
      effect: 'forbid',
      rule: null,
      layer: { name: 'layer-1' },
      reason: 'No rule of the repository policy layer-1 permits job.submit of acme/widgets.',
    });
  });

  it('asks for an approval where any layer does and none forbids', () => {
    const asks = rule({ id: 'ask', effect: 'require_approval', reason: 'Somebody should look.' });
    expect(decide(policy([asks], [rule({ effect: 'permit' })]), asked())).toMatchObject({
      effect: 'require_approval',
      rule: 'ask',
      layer: { name: 'layer-0' },
      reason:
        'The rule ask of the installation policy layer-0 asks for an approval of job.submit of acme/widgets: Somebody should look.',
    });
    expect(effectOf([[asks], [rule({})]], asked())).toBe('forbid');
    // It permits nothing by itself.
    expect(effectOf([[asks, rule({ id: 'p', effect: 'permit', resources: ['x'] })]], asked())).toBe('forbid');
  });

  it('tells every rule that asks, of every layer, and no more than anybody reads', () => {
    const asks = (id: string) => rule({ id, effect: 'require_approval' });
    const named = decideEach(policy([asks('a'), asks('b')], [asks('c')]), asked());
    expect(named.map(({ rule: id, layer }) => `${layer?.name} ${id}`)).toEqual([
      'layer-0 a',
      'layer-0 b',
      'layer-1 c',
    ]);
    const many = Array.from({ length: 500 }, (_, i) => asks(`r${i}`));
    expect(decideEach(policy(many), asked())).toHaveLength(100);
    expect(decideEach(policy([asks('a')], [rule({})]), asked())).toMatchObject([{ effect: 'forbid' }]);
  });

  it.each<[string, Partial<PolicyRule>, Partial<Ask>, boolean]>([
    ['everyone', { subjects: ['*'] }, {}, true],
    ['a kind', { subjects: ['kind:user'] }, {}, true],
    ['another kind', { subjects: ['kind:service'] }, {}, false],
    ['a role', { subjects: ['role:requester'] }, {}, true],
    ['another role', { subjects: ['role:admin'] }, {}, false],
    ['a name', { subjects: ['role:admin', 'principal:ann'] }, {}, true],
    ['another name', { subjects: ['principal:anna'] }, {}, false],
    ['taint', { when: { tainted: true } }, { context: { tainted: true, level: null } }, true],
    ['no taint', { when: { tainted: true } }, {}, false],
    ['a level', { when: { levels: ['patch', 'branch'] } }, {}, true],
    ['another level', { when: { levels: ['draft_pr'] } }, {}, false],
    [
      'a level that is not known, against who asks',
      { when: { levels: ['patch'] } },
      { context: { tainted: false, level: null } },
      true,
    ],
    ['somebody who is not known, against who asks', { subjects: ['role:admin'] }, { subject: null }, true],
  ])('a forbid of %s', (_, change, ask, forbids) => {
    expect(effectOf([[rule(change)]], { ...asked(), ...ask })).toBe(forbids ? 'forbid' : 'permit');
  });

  it('permits nobody by a rule whose conditions are not known', () => {
    const byLevel = rule({ effect: 'permit', when: { levels: ['branch'] } });
    const byName = rule({ effect: 'permit', subjects: ['role:requester'] });
    expect(effectOf([[byLevel]], asked({ context: { tainted: false, level: null } }))).toBe('forbid');
    expect(effectOf([[byName]], asked({ subject: null }))).toBe('forbid');
  });

  it.each([
    ['src/**', 'src/a.py', true],
    ['src/**', 'evil/src/a.py', false],
    ['src/**', 'src-evil/a.py', false],
    ['src/**', 'src', false],
    ['**/x.ts', 'x.ts', true],
    ['**/x.ts', 'a/b/x.ts', true],
    ['a/**/b', 'a/b', true],
    ['.github/**', '.GitHub/workflows/a.yml', true],
    ['ä', 'a\u0308', true],
  ])('a forbid of %s on the path %s: %s', (glob, at, forbids) => {
    const found = effectOf([[rule({ actions: ['path.change'], resources: [glob] })]], path(at));
    expect(found).toBe(forbids ? 'forbid' : 'permit');
  });

  it('permits paths by exact bytes only', () => {
    const permit = rule({ effect: 'permit', actions: ['path.change'], resources: ['Docs/**'] });
    expect(effectOf([[permit]], path('Docs/a'))).toBe('permit');
    expect(effectOf([[permit]], path('docs/a'))).toBe('forbid');
  });

  it('takes a program with its slash', () => {
    const forbid = rule({ actions: ['command.run'], resources: ['**/bash', '/opt/*'] });
    for (const program of ['bash', '/bin/bash', '/opt/tool'])
      expect(effectOf([[forbid]], asked({ action: 'command.run', resource: program }))).toBe('forbid');
    expect(effectOf([[forbid]], asked({ action: 'command.run', resource: 'opt/tool' }))).toBe('permit');
  });

  it('forbids where a rule cannot be applied, and goes on deciding afterwards', () => {
    const broken = { ...asked(), context: null } as unknown as Ask;
    const lists = [[rule({ effect: 'permit', when: { tainted: true } })]];
    expect(decide(policy(...lists), broken)).toMatchObject({
      effect: 'forbid',
      rule: null,
      reason: expect.stringMatching(/could not be applied/),
    });
    expect(effectOf([[rule({ resources: ['other'] })]], asked())).toBe('permit');
  });

  it('stops counting, and forbids, where globs were made to stall it', () => {
    const resources = Array.from({ length: 1000 }, (_, i) => `**/*${'a*'.repeat(100)}${i}`);
    const rules = Array.from({ length: 20 }, (_, i) =>
      rule({ ...{ id: `r${i}`, resources }, actions: ['path.change'] }),
    );
    const question = new Question(path('a'.repeat(4000)));
    expect(() =>
      indexOf(rules)
        .candidates(question)
        .map((one) => ruleMatches(one, question)),
    ).toThrow(RangeError);
    // The last glob may run to its end: pattern × path.
    expect(question.steps.count).toBeLessThan(maxSteps + 500 * 4000);
    expect(decide(policy(rules), path('a'.repeat(4000)))).toMatchObject({
      effect: 'forbid',
      reason: expect.stringMatching(/could not be applied.*Name folders/),
    });
  });

  it('needs less than half of that for 10,000 rules that begin with a wildcard', () => {
    const rules = Array.from({ length: 10_000 }, (_, i) =>
      rule({ id: `r${i}`, actions: ['path.change'], resources: [`**/*-${i}/*.t?`] }),
    );
    const question = new Question(path('packages/some-library/src/a-file.ts'));
    indexOf(rules)
      .candidates(question)
      .forEach((one) => ruleMatches(one, question));
    expect(question.steps.count).toBeGreaterThan(0);
    expect(question.steps.count).toBeLessThan(maxSteps / 2);
  });

  it('hears a forbid that joins under a new digest at once', () => {
    const permit = rule({ id: 'p', effect: 'permit' });
    expect(effectOf([[permit]], asked())).toBe('permit');
    expect(effectOf([[permit, rule({})]], asked())).toBe('forbid');
    expect(effectOf([[permit]], asked())).toBe('permit');
  });

  it('says what plain casbin says, on 5,000 random asks (a million in make soak)', () => {
    const { effects, differences } = compareWithCasbin(decide, 5_000, random(7));
    expect(differences).toEqual([]);
    // A comparison of nothing but forbids would prove little.
    for (const effect of ['permit', 'forbid', 'require_approval'] as const)
      expect(effects[effect]).toBeGreaterThan(75);
  });

  it('notices a rule that the index leaves out', () => {
    const blind: typeof decide = (given, ask) =>
      decide({ ...given, rules: layersOf(given.rules.map(({ rules }) => rules.slice(1))) }, ask);
    expect(compareWithCasbin(blind, 2_000, random(7)).differences).not.toEqual([]);
  });
});

describe('the index', () => {
  const found = (rules: PolicyRule[], ask: Ask) => indexOf(rules).candidates(new Question(ask)).length;
  const many = (make: (i: number) => Partial<PolicyRule>) =>
    Array.from({ length: 10_000 }, (_, i) => rule({ id: `r${i}`, ...make(i) }));
  const paths: Partial<PolicyRule> = { actions: ['path.change'] };

  it.each<[string, (i: number) => Partial<PolicyRule>, Ask]>([
    ['folders', (i) => ({ ...paths, resources: [`team-${i}/**`] }), path('team-7/a/b')],
    ['names', (i) => ({ ...paths, resources: [`**/name-${i}.ts`] }), path('src/name-7.ts')],
    [
      'names below a folder',
      (i) => ({ ...paths, resources: [`src/**/name-${i}.ts`] }),
      path('src/name-7.ts'),
    ],
    [
      'people',
      (i) => ({ subjects: [`principal:p${i}`] }),
      asked({ subject: { name: 'p7', kind: 'user', roles: [] } }),
    ],
    ['repositories', (i) => ({ resources: [`acme/r${i}`] }), asked({ resource: 'acme/r7' })],
    ['another action', () => ({ actions: ['agent.use'] }), asked()],
  ])('of 10,000 rules by %s looks at no more than one', (_, make, ask) => {
    expect(found(many(make), ask)).toBeLessThanOrEqual(1);
  });

  it('keeps the order of the document', () => {
    const rules = [rule({ id: 'z' }), rule({ id: 'a', resources: ['acme/widgets'] }), rule({ id: 'm' })];
    expect(
      indexOf(rules)
        .candidates(new Question(asked()))
        .map(({ id }) => id),
    ).toEqual(['z', 'a', 'm']);
  });
});
