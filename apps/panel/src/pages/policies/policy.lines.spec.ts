import { describe, expect, it } from '@jest/globals';
import { PolicyDocument } from '@gatehouse/contracts';
import { policyLines } from './policy.lines.js';

const lines = (spec: object) =>
  policyLines(
    PolicyDocument.parse({
      apiVersion: 'gatehouse.dev/v1',
      kind: 'Policy',
      metadata: { name: 'a', layer: 'installation' },
      spec,
    }),
  );

describe('policyLines', () => {
  it('shows what a layer sets, and that an empty list is not an absent one', () => {
    expect(
      lines({ allowedPaths: [], symlinks: 'permit', limits: { files: 3 }, adapters: ['patch', 'command'] }),
    ).toEqual([
      ['allowedPaths', 'nothing'],
      ['symlinks', 'permit'],
      ['limits', 'files: 3'],
      ['adapters', 'patch, command'],
    ]);
    expect(lines({ promotion: { maxLevel: 'branch', targets: ['main'], approvals: { quorum: 2 } } })).toEqual(
      [['promotion', 'maxLevel: branch\napprovals.quorum: 2\ntargets: main']],
    );
    expect(lines({})).toEqual([]);
  });

  it('keeps a long list short', () => {
    const [[, text] = ['', '']] = lines({
      forbiddenPaths: Array.from({ length: 500 }, (_, i) => `path-${i}`),
    });
    expect(text.length).toBeLessThan(700);
  });
});
