import { describe, expect, it } from '@jest/globals';
import type { Finding, GateResult } from '@gatehouse/contracts';
import { aCandidate, aVerdict } from '../../testing.js';
import { verdictSentence } from './verdict.sentence.js';

const finding = (message: string): Finding => ({ code: 'x.y', severity: 'block', message, next: 'Mend it.' });
const gate = (answer: GateResult['answer'], findings: Finding[] = []): GateResult => ({
  gate: 'paths',
  part: 'static',
  summary: 'Paths',
  answer,
  findings,
});

describe('verdictSentence', () => {
  it('names the first problem of a refusal and counts the others', () => {
    const verdict = aVerdict({
      outcome: 'fail',
      gates: [gate('fail', [finding('A link leaves the tree.'), finding('b')])],
    });
    expect(verdictSentence(aCandidate({ state: 'fail', verdict }))).toBe(
      'This change was refused and nothing was published: a link leaves the tree, and 1 more problem.',
    );
  });

  it('says that a pass still waits for a person where a finding asks for one', () => {
    const verdict = aVerdict({ approvalsNeeded: true, gates: [gate('pass')] });
    expect(verdictSentence(aCandidate({ state: 'pass', verdict }))).toMatch(
      /passed all 1 check, but .*person/,
    );
  });

  it('never calls an error a refusal', () => {
    const words = verdictSentence(aCandidate({ state: 'error', verdict: aVerdict({ outcome: 'error' }) }));
    expect(words).toMatch(/says nothing about the change/);
    expect(words).not.toMatch(/refused/);
  });

  it('has a whole sentence for every state, with and without a verdict', () => {
    for (const state of ['judging', 'pass', 'fail', 'error', 'inconclusive', 'noop'] as const)
      for (const verdict of [null, aVerdict()])
        expect(verdictSentence(aCandidate({ state, verdict }))).toMatch(/^[A-Z].*\.$/);
  });
});
