import { describe, expect, it } from '@jest/globals';
import type { PolicyRule } from '@gatehouse/contracts';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { policyRules } from './policy-rules.gate.js';

const rule = (change: Partial<PolicyRule>): PolicyRule => ({
  id: 'r',
  effect: 'forbid',
  actions: ['path.change'],
  ...change,
});
const asked = (rules: PolicyRule[], ...changes: SampleChange[]) =>
  policyRules.check(sampleFacts({ changes, policy: { rules } }));

describe('policy-rules', () => {
  it('stops a path that a rule forbids, also in another case, and names rule and layer', () => {
    const { answer, findings } = asked([rule({ resources: ['deploy/**'] })], { path: 'Deploy/prod.yml' });
    expect(answer).toBe('fail');
    expect(findings).toMatchObject([
      {
        code: 'rule.forbids',
        severity: 'block',
        path: 'Deploy/prod.yml',
        message: 'The rule r of the installation policy sample forbids path.change of Deploy/prod.yml.',
      },
    ]);
  });

  it('stops a path that no permit matches, and lets the others be', () => {
    const permit = rule({ effect: 'permit', resources: ['docs/**'] });
    expect(inShort(asked([permit], { path: 'docs/a.md' }, { path: 'src/a.ts' }))).toBe(
      'fail; rule.forbids src/a.ts',
    );
  });

  it('stops a path that is removed', () => {
    const removed = { path: 'LICENSE', oldMode: '100644', newMode: '000000' };
    expect(inShort(asked([rule({ resources: ['LICENSE'] })], removed))).toBe('fail; rule.forbids LICENSE');
  });

  it.each<[string, Partial<SampleChange>, string]>([
    ['a new link', { newMode: '120000' }, 'fail; rule.forbids a'],
    ['a submodule', { newMode: '160000' }, 'fail; rule.forbids a'],
    ['a file that becomes executable', { oldMode: '100644', newMode: '100755' }, 'fail; rule.forbids a'],
    ['an executable that stays one', { oldMode: '100755', newMode: '100755' }, 'pass'],
    ['a plain file', {}, 'pass'],
    ['a link that becomes a file', { oldMode: '120000' }, 'pass'],
  ])('of modes: %s', (_, change, expected) => {
    expect(inShort(asked([rule({ actions: ['mode.change'] })], { path: 'a', ...change }))).toBe(expected);
  });

  it('asks for an approval where a rule does', () => {
    const asks = rule({ effect: 'require_approval', resources: ['src/**'], reason: 'Two pairs of eyes.' });
    const { answer, findings } = asked([asks], { path: 'src/a.ts' });
    expect(answer).toBe('pass');
    expect(findings).toMatchObject([
      {
        code: 'rule.asks',
        severity: 'require_approval',
        rule: { id: 'r', layer: 'installation', name: 'sample' },
      },
    ]);
    expect(findings[0]!.message).toContain('Two pairs of eyes.');
  });

  it('names each rule that asks, of whatever layer', () => {
    const asks = (id: string) => rule({ id, effect: 'require_approval', resources: ['src/**'] });
    const { findings } = asked([asks('one'), asks('two')], { path: 'src/a.ts' });
    expect(findings.map(({ rule }) => rule?.id)).toEqual(['one', 'two']);
  });

  it('has nothing to say where rules speak of other things', () => {
    expect(inShort(asked([rule({ actions: ['job.submit'] })], { path: 'a' }))).toBe('pass');
  });

  it('cannot decide without the tree', () => {
    expect(inShort(policyRules.check({ ...sampleFacts(), change: null }))).toBe('error; gate.fact_missing');
  });
});
