import { describe, expect, it } from '@jest/globals';
import { rawPathOfText, type RawPath } from '@gatehouse/policy';
import { resolveLink } from './link.js';

const links = new Map<string, string>([
  ['up', '..'],
  ['deep/up', '../..'],
  ['src', 'lib'],
  ['sub/here', '.'],
  ['abs', '/etc'],
  ['git', '.git'],
  ['a', 'b'],
  ['b', 'a'],
]);
const lookUp = (path: RawPath) => Promise.resolve((links.get(path) ?? null) as RawPath | null);
const leads = async (path: string, target: string) =>
  (await resolveLink(rawPathOfText(path), rawPathOfText(target), lookUp)).leads;

describe('resolveLink', () => {
  it.each([
    ['l', 'README.md', 'inside'],
    ['l', 'not/there', 'inside'],
    ['docs/l', '../README.md', 'inside'],
    ['docs/l', './x//y/', 'inside'],
    ['l', '.', 'inside'],
    ['a/b/l', '../../..', 'outside'],
    ['l', '..', 'outside'],
    ['docs/l', '../../etc/passwd', 'outside'],
    ['l', 'x/../../y', 'outside'],
    ['l', '/etc/passwd', 'absolute'],
    ['l', '.git/config', 'into_git'],
    ['docs/l', '../.GIT/hooks', 'into_git'],
    ['l', 'src/x', 'inside'],
    ['l', 'src/../..', 'outside'],
    ['l', 'sub/here/here/x', 'inside'],
    ['l', 'up/x', 'outside'],
    ['l', 'deep/up', 'outside'],
    ['l', 'abs/passwd', 'absolute'],
    ['l', 'git/config', 'into_git'],
    ['l', 'a', 'loop'],
    ['l', 'x/'.repeat(3000), 'too_long'],
  ])('%s -> %s leads %s', async (path, target, expected) => expect(await leads(path, target)).toBe(expected));

  it('keeps the target, cut where it is endless', async () => {
    expect((await resolveLink('l' as RawPath, 'x'.repeat(9000) as RawPath, lookUp)).target).toHaveLength(
      4096,
    );
  });
});
