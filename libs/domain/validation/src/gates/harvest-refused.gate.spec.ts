import { describe, expect, it } from '@jest/globals';
import type { HarvestReport } from '@gatehouse/contracts';
import { inShort, sampleFacts } from '../facts.sample.js';
import { harvestRefused } from './harvest-refused.gate.js';

const clean: HarvestReport = {
  ignored: [],
  ignoredCount: 0,
  refused: [],
  refusedCount: 0,
  killedProcesses: 0,
  exitCode: 0,
  outcome: 'exited',
  durationMs: 1,
  sandbox: 'bubblewrap',
};
const check = (change: Partial<HarvestReport>) =>
  inShort(
    harvestRefused.check({
      ...sampleFacts(),
      harvest: { made: 'harvested', report: { ...clean, ...change } },
    }),
  );

describe('harvest-refused', () => {
  it('passes a clean workspace, and a patch that was handed in', () => {
    expect(check({})).toBe('pass');
    expect(inShort(harvestRefused.check(sampleFacts()))).toBe('pass');
  });

  it('blocks what cannot be part of a tree, by name', () => {
    const refused = [
      { path: 'vendor/lib', reason: 'a nested repository' },
      { path: 'run.sock', reason: 'a socket' },
    ];
    expect(check({ refused, refusedCount: 2 })).toBe(
      'fail; harvest.refused run.sock; harvest.refused vendor/lib',
    );
  });

  it('blocks also where only the count is known', () => {
    expect(check({ refusedCount: 7 })).toBe('fail; harvest.refused_more');
  });

  it('only warns of ignored files and of processes that stayed', () => {
    expect(check({ ignored: ['x'], ignoredCount: 1, killedProcesses: 2 })).toBe(
      'pass; harvest.ignored; harvest.processes_killed',
    );
  });
});
