import { describe, expect, it } from '@jest/globals';
import { Finding, GateResult, type Severity } from '@gatehouse/contracts';
import { canonicalJson } from '@gatehouse/proof';
import { rawPathOfText } from '@gatehouse/policy';
import type { ContextFacts } from './facts.js';
import { sampleFacts } from './facts.sample.js';
import { ask, askStage, decide, finding, maxFindings, missing, type ContextGate } from './gate.js';
import { gates } from './gates/index.js';

const found = (severity: Severity, path = 'a') =>
  finding({ code: 'x', severity, message: 'm', next: 'n', path: rawPathOfText(path) });
const gate: ContextGate = {
  id: 'x',
  group: 'artifact',
  part: 'context',
  stage: 'artifact',
  version: 1,
  summary: 'x',
  check: () => decide([]),
};

describe('decide', () => {
  it('fails by a block and by nothing less', () => {
    expect(decide([]).answer).toBe('pass');
    expect(decide([found('warn'), found('require_approval')]).answer).toBe('pass');
    expect(decide([found('warn'), found('block')]).answer).toBe('fail');
  });

  it('sorts the worst first, then by path, whatever order they were found in', () => {
    const list = [
      found('warn', 'a'),
      found('block', 'c'),
      found('require_approval', 'a'),
      found('block', 'b'),
    ];
    const shown = (findings: readonly Finding[]) =>
      findings.map(({ severity, path }) => `${severity} ${path}`);
    expect(shown(decide(list).findings)).toEqual(['block b', 'block c', 'require_approval a', 'warn a']);
    expect(decide([...list].reverse())).toEqual(decide(list));
  });

  it('keeps a hundred and counts the rest, without losing what weighs most', () => {
    const many = Array.from({ length: 5000 }, (_, i) => found('warn', `f${i}`));
    const { answer, findings } = decide([...many, found('block')]);
    expect(answer).toBe('fail');
    expect(findings).toHaveLength(maxFindings);
    expect(findings[0]?.severity).toBe('block');
    expect(findings.at(-1)).toMatchObject({
      code: 'gate.more_findings',
      severity: 'warn',
      message: expect.stringMatching(/^4902 more/),
    });
    expect(
      decide(many.map((one) => ({ ...one, severity: 'require_approval' }))).findings.at(-1)?.severity,
    ).toBe('require_approval');
  });
});

describe('finding', () => {
  it('is one that canonical JSON can write, cut in the middle of a character or not', () => {
    const long = finding({
      code: 'x',
      severity: 'warn',
      message: 'm',
      next: 'n',
      evidence: `${'x'.repeat(1999)}😀`,
    });
    expect(Finding.parse(long).evidence).toHaveLength(2000);
    expect(() => canonicalJson(long)).not.toThrow();
    expect(() => canonicalJson(found('warn'))).not.toThrow();
  });
});

describe('ask', () => {
  it('turns a gate that breaks into an error, and tells', () => {
    const told: unknown[] = [];
    const broken = {
      ...gate,
      check: () => {
        throw new TypeError('boom');
      },
    };
    const answer = ask(broken, sampleFacts(), (id, error) => told.push([id, error]));
    expect(GateResult.parse(answer)).toMatchObject({
      gate: 'x',
      answer: 'error',
      findings: [{ code: 'gate.broken' }],
    });
    expect(told).toEqual([['x', expect.any(TypeError)]]);
    expect(JSON.stringify(answer)).not.toContain('boom');
  });

  it('shows a gate of the policy only what it says that it reads', () => {
    const reader = { ...gate, check: ({ policy }: ContextFacts) => decide(policy.staged ? [] : []) };
    const told: string[] = [];
    const tell = (_: string, error: unknown): void => void told.push((error as Error).message);
    expect(ask(reader, sampleFacts(), tell).answer).toBe('error');
    expect(told).toEqual(['The gate x looks at staged of the policy: name it in its `reads`.']);
    expect(ask({ ...reader, reads: ['staged'] }, sampleFacts(), tell).answer).toBe('pass');
  });

  it('says which fact is missing', () => {
    expect(missing('the moon').findings[0]?.message).toBe(
      'This gate could not decide: the moon is not known.',
    );
  });

  it('asks the gates of one stage only, in order', () => {
    const asked = (['artifact', 'tree', 'command'] as const).map((stage) =>
      askStage(gates, stage, sampleFacts(), () => undefined).map(({ gate: id }) => id),
    );
    expect(asked.flat()).toEqual(gates.map(({ id }) => id));
    expect(asked[2]).toEqual(['commands', 'tests-ran', 'base-tests', 'hunk-revert']);
  });
});
