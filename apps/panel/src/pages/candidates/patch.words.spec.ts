import { describe, expect, it } from '@jest/globals';
import type { CandidateDiff, GateResult } from '@gatehouse/contracts';
import { aCandidate, aVerdict } from '../../testing.js';
import { patchWarning } from './patch.words.js';

const files = (...masked: (number | null)[]) =>
  masked.map((one) => ({ masked: one })) as CandidateDiff['files'];
const judged = (gate: string) =>
  aCandidate({ verdict: aVerdict({ gates: [{ gate, findings: [{}] } as GateResult] }) });

describe('before a patch is taken', () => {
  it('says nothing where the diff shows all of it', () => {
    expect(patchWarning(aCandidate(), { files: files(0, 0) })).toBeNull();
    expect(patchWarning(judged('paths'), { files: [] })).toBeNull();
  });

  it.each([
    [aCandidate(), [0, 1], '1 line of it holds what looks like a credential.'],
    [aCandidate(), [2, null, 1], '3 lines of it hold what looks like a credential.'],
    [judged('secrets'), [0], 'A check found in it what looks like a credential.'],
    [judged('canary'), [], 'A check found in it what looks like a credential.'],
    [aCandidate(), [0, null], 'It is not known which of its lines hold a credential.'],
  ])('says what the diff leaves out', (candidate, masked, says) => {
    expect(patchWarning(candidate, { files: files(...masked) })).toBe(says);
  });
});
