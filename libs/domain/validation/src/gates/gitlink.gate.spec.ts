import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { gitlink } from './gitlink.gate.js';

const check = (change: SampleChange, gitlinks: 'forbid' | 'require_approval' | 'permit' = 'forbid') =>
  inShort(gitlink.check(sampleFacts({ changes: [change], policy: { gitlinks } })));

describe('gitlink', () => {
  it.each<[string, SampleChange]>([
    ['added', { path: 'sub', newMode: '160000' }],
    ['moved', { path: 'sub', oldMode: '160000', newMode: '160000' }],
    ['removed', { path: 'sub', oldMode: '160000', newMode: '000000' }],
    ['made of a file', { path: 'sub', oldMode: '100644', newMode: '160000' }],
  ])('blocks a submodule that is %s', (_, change) => {
    expect(check(change)).toBe('fail; gitlink.changed sub');
    expect(check(change, 'require_approval')).toBe('pass; gitlink.changed sub');
    expect(check(change, 'permit')).toBe('pass');
  });

  it.each(['.gitmodules', '.GitModules', '.git\u200dmodules'])('blocks %j', (path) => {
    expect(check({ path })).toMatch(/^fail; gitlink\.gitmodules /);
  });

  it.each(['docs/.gitmodules.md', 'gitmodules', 'docs/.gitmodules'])('lets %s pass', (path) => {
    expect(check({ path })).toBe('pass');
  });
});
