import { describe, expect, it } from '@jest/globals';
import type { PolicyRules } from '@gatehouse/contracts';
import { mergeLayers } from '@gatehouse/policy';
import { sampleEntry, type SampleChange } from '../facts.sample.js';
import { mayUndo, testPlan } from './test.plan.js';

const commands = [
  { name: 'lint', run: 'npm run lint', timeout: '1m' },
  { name: 'tests', run: 'npm test', timeout: '1m', tests: true as const },
];
const planOf = (changes: SampleChange[], ...layers: PolicyRules[]) => {
  const merge = mergeLayers([
    { layer: 'installation', name: 'i', rules: { commands } },
    ...layers.map((rules, i) => ({ layer: 'repository' as const, name: `${i}`, rules })),
  ]);
  if (!merge.ok) throw new TypeError(merge.message);
  return testPlan(merge.policy, changes.map(sampleEntry));
};
const noTests = { reruns: 0, fewerPercent: 0, hunkRevert: false, revertHunks: 0, revertMinutes: 0 };
const kept = (path: string): SampleChange => ({ path, oldMode: '100644' });
const gone = (path: string): SampleChange => ({ path, oldMode: '100644', newMode: '000000' });

describe('testPlan', () => {
  it('is none where no command runs tests', () => {
    expect(
      testPlan({ commands: commands.slice(0, 1), tests: { ...noTests, files: [['**']] } }, []),
    ).toBeNull();
  });

  it('tells tests, what they are about, and words apart', () => {
    const plan = planOf([
      kept('src/a.ts'),
      kept('src/a.test.ts'),
      gone('test/b.js'),
      { path: 'pkg/__tests__/c.js' },
      kept('README.md'),
      kept('jest.config.js'),
    ]);
    expect(plan?.commands.map(({ name }) => name)).toEqual(['tests']);
    expect(plan?.restore).toEqual([['src/a.test.ts', 'test/b.js', 'pkg/__tests__/c.js', 'jest.config.js']]);
    expect(plan?.changed).toEqual(['src/a.test.ts', 'pkg/__tests__/c.js', 'jest.config.js']);
    expect(plan?.undo).toEqual(['src/a.ts']);
  });

  it('restores by the list of each layer apart, and once where they mean the same files', () => {
    const changes = [kept('src/a.ts'), kept('src/a.test.ts'), kept('checks/b')];
    const files = (list: string[]): PolicyRules => ({ tests: { files: list } });
    expect(planOf(changes, files(['checks/**']), files(['**/*.test.ts']), files(['none']))?.restore).toEqual(
      expect.arrayContaining([['src/a.test.ts'], ['checks/b']]),
    );
    expect(planOf(changes, files(['**/*.test.ts']))?.restore).toHaveLength(1);
    // Whoever calls everything a test undoes the change, and only in a run of its own.
    expect(planOf(changes, files(['**']))?.restore).toContainEqual(['src/a.test.ts']);
  });

  it('undoes a change only where tests came with it', () => {
    const may = (...changes: SampleChange[]) => mayUndo(planOf(changes)!);
    expect(may(kept('src/a.ts'), kept('src/a.test.ts'))).toBe(true);
    expect(may(kept('src/a.ts'), gone('src/a.test.ts'))).toBe(false);
    expect(may(kept('src/a.ts'))).toBe(false);
    expect(may(kept('docs/a.md'), kept('src/a.test.ts'))).toBe(false);
  });
});
