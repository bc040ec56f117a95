import { describe, expect, it } from '@jest/globals';
import type { ContextFacts } from '../facts.js';
import { inShort, sampleFacts } from '../facts.sample.js';
import { artifactIntegrity } from './artifact-integrity.gate.js';

const facts = sampleFacts();
const check = (change: Partial<ContextFacts>) => inShort(artifactIntegrity.check({ ...facts, ...change }));

describe('artifact-integrity', () => {
  it.each<[string, Partial<ContextFacts>]>([
    ['artifact.digest_mismatch', { artifact: { ...facts.artifact!, sha256: '2'.repeat(64) } }],
    ['artifact.stale_lease', { lease: { ...facts.lease!, currentGeneration: 2 } }],
    ['artifact.stale_lease', { lease: { ...facts.lease!, generation: 2 } }],
    ['artifact.other_session', { lease: { ...facts.lease!, sessionMatches: false } }],
    ['artifact.other_repository', { lease: { ...facts.lease!, repositoryMatches: false } }],
    ['artifact.other_base', { lease: { ...facts.lease!, baseMatches: false } }],
  ])('blocks with %s', (code, change) => expect(check(change)).toBe(`fail; ${code}`));

  it('names every fault at once', () => {
    const lease = { ...facts.lease!, sessionMatches: false, baseMatches: false };
    expect(check({ lease })).toBe('fail; artifact.other_base; artifact.other_session');
  });

  it.each<[string, Partial<ContextFacts>]>([
    ['artifact', { artifact: null }],
    ['lease', { lease: null }],
  ])('cannot answer without the %s', (_, change) => expect(check(change)).toBe('error; gate.fact_missing'));
});
