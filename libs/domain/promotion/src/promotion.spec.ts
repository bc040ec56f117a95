import { describe, expect, it } from '@jest/globals';
import { promotionLevels } from '@gatehouse/contracts';
import { isOurRef } from '@gatehouse/git';
import { bindingDigest, branchOf, decideLevel, quorumOf, type Binding } from './promotion.js';

const policy = (maxLevel: (typeof promotionLevels)[number], targets: string[][] = [['**']]) => ({
  maxLevel,
  quorum: 0,
  targets,
  staged: false,
});

describe('the level of a promotion', () => {
  const decide = (over: Partial<Parameters<typeof decideLevel>[0]>) =>
    decideLevel({
      hasForge: false,
      requested: 'branch',
      target: 'main',
      mode: 'live',
      policy: policy('draft_pr'),
      heldBy: [],
      forbids: null,
      ...over,
    });

  it('is what was asked where nothing stands against it', () => {
    expect(decide({})).toEqual({ level: 'branch', degradedBecause: null });
    expect(decide({ requested: 'patch', mode: 'staged' })).toEqual({ level: 'patch', degradedBecause: null });
  });

  it.each([
    ['a staged repository', { mode: 'staged' as const }, /staged/],
    ['work that policy stages', { policy: { ...policy('branch'), staged: true } }, /stages/],
    ['a change that a staged gate would have held up', { heldBy: ['secrets'] }, /secrets/],
    ['a level that policy caps', { policy: policy('patch') }, /at most/],
    [
      'a target that one of the layers leaves out',
      { policy: policy('branch', [['**'], ['release/*']]) },
      /target/,
    ],
    ['a target when no target is allowed', { policy: policy('branch', [[]]) }, /target/],
    ['a rule that forbids it', { forbids: 'The rule frozen forbids it.' }, /frozen/],
    ['a draft pull request without a forge', { requested: 'draft_pr' as const }, /forge/],
  ])('is the patch for %s, with the reason', (_, over, reason) => {
    const { level, degradedBecause } = decide(over);
    expect(level).toBe('patch');
    expect(degradedBecause).toMatch(reason);
  });

  it('never rises above what was asked or allowed, and a tighter policy never publishes more', () => {
    const rank = (level: (typeof promotionLevels)[number]) => promotionLevels.indexOf(level);
    for (const requested of promotionLevels)
      for (const mode of ['staged', 'live'] as const) {
        const levels = promotionLevels.map(
          (maxLevel) => decide({ requested, mode, policy: policy(maxLevel) }).level,
        );
        levels.forEach((level, i) => {
          expect(rank(level)).toBeLessThanOrEqual(Math.min(rank(requested), i));
          if (i > 0) expect(rank(levels[i - 1]!)).toBeLessThanOrEqual(rank(level));
        });
      }
  });
});

describe('the quorum', () => {
  it.each([
    ['patch', 3, true, 0],
    ['branch', 0, false, 0],
    ['branch', 0, true, 1],
    ['branch', 2, true, 2],
  ] as const)('of %s with policy %i and findings that ask %s is %i', (level, quorum, needed, answer) => {
    expect(quorumOf(level, quorum, needed)).toBe(answer);
  });
});

describe('the binding', () => {
  const base: Binding = {
    repositoryId: 'rep_1',
    target: 'main',
    level: 'branch',
    baseTree: 'a',
    tree: 'b',
    policyDigest: 'c',
  };

  it('is another one as soon as one part differs, and takes nothing else in', () => {
    const all = (Object.keys(base) as (keyof Binding)[]).map((key) =>
      bindingDigest({ ...base, [key]: key === 'level' ? 'patch' : 'other' }),
    );
    expect(new Set([...all, bindingDigest(base)]).size).toBe(7);
    expect(bindingDigest({ ...base, more: 1 } as Binding)).toBe(bindingDigest(base));
  });
});

describe('the branch of a session', () => {
  const session = 'ses_01JD0000000000000000000000';

  it.each([
    ['fix-typo', 'fix-typo'],
    ['Fix the Typo.lock', 'fix-the-typo-lock'],
    ['../../main', 'main'],
    ['---', 'job'],
    ['ü', 'job'],
    [`${'a'.repeat(39)}-b`, 'a'.repeat(39)],
    ['a'.repeat(99), 'a'.repeat(40)],
  ])('of the job %j ends in %j and is one that Gatehouse may write', (name, slug) => {
    const branch = branchOf(session, name);
    expect(branch).toBe(`gatehouse/ses_01jd0000000000000000000000-${slug}`);
    expect(isOurRef(`refs/heads/${branch}`)).toBe(true);
  });
});
