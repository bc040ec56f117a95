import { describe, expect, it } from '@jest/globals';
import { checkSpec, repositoryOf, withRepository } from './spec.check.js';
import { templates } from './templates.js';

const good = templates[0]!.text('acme/widgets');
const faultsOf = (text: string) => checkSpec(text).faults.map(({ path, line }) => [path, line]);

describe('checkSpec', () => {
  it('takes every template as it stands', () => {
    for (const template of templates)
      expect([template.id, checkSpec(template.text('acme/widgets')).faults]).toEqual([template.id, []]);
  });

  it('takes JSON, which is YAML', () => {
    const check = checkSpec(good);
    expect(check.ok && checkSpec(JSON.stringify(check.document)).ok).toBe(true);
  });

  it('says on which line an unknown field stands', () => {
    const text = good.replace('  limits:', '  limit:');
    const line = text.split('\n').indexOf('  limit:') + 1;
    expect(faultsOf(text)).toContainEqual(['spec.limit', line]);
  });

  it('says where a value is wrong, deep inside a list too', () => {
    const text = good.replace('docs/**', 'docs/../x');
    const line = text.split('\n').findIndex((one) => one.includes('docs/../x')) + 1;
    expect(faultsOf(text)).toEqual([['spec.policy.allowedPaths[1]', line]]);
  });

  it('calls a missing field missing, at the place that should hold it', () => {
    const text = good.replace(/ {2}goal:.*\n/, '');
    const [fault] = checkSpec(text).faults;
    expect(fault).toMatchObject({ path: 'spec.goal', message: 'This field is needed.' });
  });

  it('says where text is no YAML, and names a key that stands twice', () => {
    expect(faultsOf('a: [1,\nb: 2')).not.toEqual([]);
    expect(checkSpec(good.replace('kind: Job', 'kind: Job\nkind: Job')).ok).toBe(false);
  });

  it('answers nonsense without throwing', () => {
    const bomb = `a: &a [1]\nb: &b [${'*a,'.repeat(30)}]\nc: [${'*b,'.repeat(30)}]`;
    for (const text of ['', '   ', '[]', '42', 'null', '"text"', 'a: *missing', '---\n---', bomb, '\u0000'])
      expect([text.slice(0, 20), checkSpec(text).ok]).toEqual([text.slice(0, 20), false]);
  });
});

describe('withRepository', () => {
  it('changes the repository alone: comments and order stay', () => {
    const changed = withRepository(good, 'acme/site');
    expect(repositoryOf(changed)).toBe('acme/site');
    expect(changed).toContain('# may only tighten what the repository allows');
    expect(checkSpec(changed).ok).toBe(true);
  });

  it('leaves text alone that it cannot read', () => {
    expect(withRepository('a: [1,\nb', 'x')).toBe('a: [1,\nb');
    expect(withRepository('just text', 'x')).toBe('just text');
    expect(repositoryOf('just text')).toBe(null);
  });
});
