import { describe, expect, it } from '@jest/globals';
import { rawPathOfText } from '@gatehouse/policy';
import type { LinkFacts } from '../facts.js';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { symlink } from './symlink.gate.js';

type Stance = 'forbid' | 'require_approval' | 'permit';
const link: SampleChange = { path: 'link', newMode: '120000' };
const check = (symlinks: Stance, change: SampleChange, leads: LinkFacts['leads'] = 'inside') => {
  const facts = sampleFacts({ changes: [change], policy: { symlinks } });
  const target = rawPathOfText('../x\n');
  const links = new Map([[rawPathOfText(String(change.path)), { target, leads }]]);
  return inShort(symlink.check({ ...facts, change: { ...facts.change!, links } }));
};

describe('symlink', () => {
  it.each<[string, SampleChange]>([
    ['a new link', link],
    ['a link that is retargeted', { ...link, oldMode: '120000' }],
    ['a file that becomes a link', { ...link, oldMode: '100644' }],
    ['a link that becomes a file', { path: 'link', oldMode: '120000', newMode: '100644' }],
    ['a link that is removed', { path: 'link', oldMode: '120000', newMode: '000000' }],
  ])('blocks %s where links are forbidden', (_, change) => {
    expect(check('forbid', change)).toBe('fail; symlink.changed link');
    expect(check('require_approval', change)).toBe('pass; symlink.changed link');
    expect(check('permit', change)).toBe('pass');
  });

  it.each<LinkFacts['leads']>(['outside', 'absolute', 'into_git', 'loop', 'too_long'])(
    'blocks a target that is %s, whatever the policy says',
    (leads) => {
      expect(check('permit', link, leads)).toBe('fail; symlink.target link');
      expect(check('require_approval', link, leads)).toBe('fail; symlink.target link; symlink.changed link');
    },
  );

  it('needs no target where links are forbidden anyway', () => {
    const facts = sampleFacts({ changes: [link] });
    expect(inShort(symlink.check(facts))).toBe('fail; symlink.changed link');
  });

  it('has no opinion on files', () => expect(inShort(symlink.check(sampleFacts()))).toBe('pass'));
});
