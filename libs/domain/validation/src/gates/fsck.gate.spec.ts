import { describe, expect, it } from '@jest/globals';
import type { FsckFault } from '../facts.js';
import { inShort, sampleFacts } from '../facts.sample.js';
import { fsck } from './fsck.gate.js';

const fault = { oid: 'a'.repeat(40), code: 'gitmodulesUrl', message: 'disallowed submodule url: -u./x' };
const check = (faults: FsckFault[] | null) => {
  const facts = sampleFacts();
  return fsck.check({ ...facts, change: { ...facts.change!, fsck: faults } });
};

describe('fsck', () => {
  it('blocks a fault of a new object, with what git said', () => {
    const decision = check([{ ...fault, inherited: false }]);
    expect(inShort(decision)).toBe('fail; fsck.fault');
    expect(decision.findings[0]).toMatchObject({
      message: expect.stringContaining('gitmodulesUrl'),
      evidence: 'disallowed submodule url: -u./x',
    });
  });

  it('only warns of a fault as old as the base', () => {
    expect(inShort(check([{ ...fault, inherited: true }]))).toBe('pass; fsck.inherited');
  });

  it('cannot answer where fsck did not run', () =>
    expect(inShort(check(null))).toBe('error; gate.fact_missing'));
});
