import { describe, expect, it } from '@jest/globals';
import type { GateResult, PolicyRules } from '@gatehouse/contracts';
import { mergeLayers } from '@gatehouse/policy';
import { gates as registry } from './gates/index.js';
import { differenceOf, retry } from './retrial.js';
import { combine, requiredGates, weigh } from './verdict/verdict.js';

const gates = registry.filter(({ stage }) => stage === 'command');
const plain = { name: 'tests', run: 'npm test', timeout: '1m' };
const policyOf = (rules: PolicyRules) => {
  const merge = mergeLayers([{ layer: 'installation', name: 'i', rules }]);
  if (!merge.ok) throw new TypeError(merge.message);
  return merge.policy;
};
const asks: Partial<GateResult> = {
  findings: [{ code: 'tests.prove_nothing', severity: 'require_approval', message: 'No proof.', next: 'x' }],
};

/** What a verdict of commands alone, given under one policy, would be under another. */
const would = (
  then: PolicyRules,
  now: PolicyRules,
  said: Readonly<Record<string, Partial<GateResult>>> = {},
) => {
  const [before, after] = [policyOf(then), policyOf(now)];
  const raw = gates.map(({ id, part, summary }): GateResult => ({
    ...{ gate: id, part, summary, answer: 'pass', findings: [] },
    ...said[id],
  }));
  const given = weigh(raw, gates, before.gates);
  const past = {
    ...combine(given, requiredGates(gates, before.gates)),
    unweighed: raw.filter((result, i) => given[i] !== result),
    baseTree: 'a',
    tree: 'b',
    patch: null,
  };
  return retry(gates, past, after, differenceOf(gates, before, after), undefined);
};
const tests = { commands: [{ ...plain, tests: true as const }] };

describe('what commands said, under another policy', () => {
  it('stands where nothing that it depends on is another', () => {
    expect(would(tests, { ...tests, limits: { files: 1 } })).toMatchObject({ would: 'pass' });
    expect(would({ commands: [plain] }, { commands: [plain], tests: { fewerPercent: 0 } })).toMatchObject({
      would: 'pass',
    });
  });

  it('is not known where other commands would run, or tests count otherwise', () => {
    expect(would(tests, {})).toMatchObject({ would: 'pass' });
    expect(would({}, tests)).toMatchObject({ would: 'undetermined', gate: 'commands' });
    expect(would(tests, { ...tests, tests: { fewerPercent: 0 } })).toMatchObject({
      would: 'undetermined',
      gate: 'tests-ran',
    });
  });

  it('is weighed anew: asked becomes blocked, blocked becomes asked, and what is not required decides nothing', () => {
    const blocking = { ...tests, gates: { blocking: ['hunk-revert'] } };
    const lifted = { ...tests, gates: { required: ['commands'] } };
    const said = { 'hunk-revert': asks };
    expect(would(tests, blocking, said)).toMatchObject({ was: 'pass_with_approval', would: 'fail' });
    expect(would(blocking, tests, said)).toMatchObject({ was: 'fail', would: 'pass_with_approval' });
    expect(would(tests, lifted, said)).toMatchObject({ was: 'pass_with_approval', would: 'pass' });
    expect(would(lifted, blocking, said)).toMatchObject({ was: 'pass', would: 'fail', gate: 'hunk-revert' });
  });
});
