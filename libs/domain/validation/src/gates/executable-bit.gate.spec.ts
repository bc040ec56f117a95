import { describe, expect, it } from '@jest/globals';
import { inShort, sampleFacts, type SampleChange } from '../facts.sample.js';
import { executableBit } from './executable-bit.gate.js';

const check = (change: SampleChange, executables?: 'forbid' | 'require_approval' | 'permit') =>
  inShort(
    executableBit.check(
      sampleFacts({ changes: [change], policy: executables === undefined ? {} : { executables } }),
    ),
  );

describe('executable-bit', () => {
  it.each<[string, SampleChange]>([
    ['a new executable', { path: 'run', newMode: '100755' }],
    ['a file made executable', { path: 'run', oldMode: '100644', newMode: '100755' }],
    ['a link made executable', { path: 'run', oldMode: '120000', newMode: '100755' }],
    ['an executable made plain', { path: 'run', oldMode: '100755', newMode: '100644' }],
  ])('asks a person about %s', (_, change) => {
    expect(check(change)).toBe('pass; mode.executable run');
    expect(check(change, 'forbid')).toBe('fail; mode.executable run');
    expect(check(change, 'permit')).toBe('pass');
  });

  it.each<[string, SampleChange]>([
    ['an executable that changes its content', { path: 'run', oldMode: '100755', newMode: '100755' }],
    ['an executable that is removed', { path: 'run', oldMode: '100755', newMode: '000000' }],
    ['a plain file', { path: 'run.sh' }],
  ])('lets %s pass', (_, change) => expect(check(change, 'forbid')).toBe('pass'));
});
