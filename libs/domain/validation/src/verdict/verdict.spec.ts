import { describe, expect, it } from '@jest/globals';
import { Verdict, type GateAnswer, type GateResult, type Severity } from '@gatehouse/contracts';
import { canonicalJson } from '@gatehouse/proof';
import fc from 'fast-check';
import { finding } from '../gate.js';
import { gates } from '../gates/index.js';
import {
  combine,
  commandKey,
  gateSetDigest,
  isCacheable,
  noopCode,
  requiredGates,
  staticDigest,
  staticKey,
  heldBy,
  weigh,
  type CommandInputs,
} from './verdict.js';

const result = (gate: string, answer: GateAnswer, severity?: Severity, code = 'x'): GateResult => ({
  gate,
  part: 'static',
  summary: 'x',
  answer,
  findings: severity === undefined ? [] : [finding({ code, severity, message: 'm', next: 'n' })],
});
const ids = ['a', 'b', 'c', 'd'];
const answers: GateAnswer[] = ['pass', 'fail', 'error', 'inconclusive'];
const passes = ids.map((id) => result(id, 'pass'));
const anyAnswers = fc.tuple(...ids.map(() => fc.constantFrom(...answers)));

describe('combine', () => {
  it.each<[GateAnswer[], string]>([
    [['pass', 'pass', 'pass', 'pass'], 'pass'],
    [['pass', 'fail', 'pass', 'pass'], 'fail'],
    [['inconclusive', 'fail', 'pass', 'pass'], 'fail'],
    [['inconclusive', 'fail', 'pass', 'error'], 'fail'],
    [['inconclusive', 'pass', 'pass', 'error'], 'error'],
    [['inconclusive', 'pass', 'pass', 'pass'], 'inconclusive'],
  ])('%j gives %s', (list, outcome) => {
    expect(
      combine(
        ids.map((id, i) => result(id, list[i]!)),
        ids,
      ).outcome,
    ).toBe(outcome);
  });

  it('passes only what every gate passes', () => {
    fc.assert(
      fc.property(anyAnswers, (list) => {
        const { outcome } = combine(
          ids.map((id, i) => result(id, list[i]!)),
          ids,
        );
        expect(outcome === 'pass').toBe(list.every((answer) => answer === 'pass'));
        expect(Verdict.shape.outcome.options).toContain(outcome);
      }),
    );
  });

  it('is a fail wherever a gate blocks, whatever else broke', () => {
    fc.assert(
      fc.property(anyAnswers, fc.subarray(ids), (list, answered) => {
        const results = ids
          .map((id, i) => result(id, list[i]!))
          .filter(({ gate }) => answered.includes(gate));
        expect(combine(results, ids).outcome === 'fail').toBe(results.some((r) => r.answer === 'fail'));
      }),
    );
  });

  it('never passes, nor calls a noop, what lacks a single answer', () => {
    fc.assert(
      fc.property(
        anyAnswers,
        fc.subarray(ids, { maxLength: ids.length - 1 }),
        fc.boolean(),
        (list, answered, noop) => {
          const results = ids
            .map((id, i) => result(id, list[i]!, noop ? 'warn' : undefined, noopCode))
            .filter(({ gate }) => answered.includes(gate));
          const combined = combine(results, ids);
          expect(['pass', 'noop']).not.toContain(combined.outcome);
          expect(combined.missing).toEqual(ids.filter((id) => !answered.includes(id)));
        },
      ),
    );
  });

  it('is a fail where a fail ended the judging early, and an error where nothing did', () => {
    expect(combine([result('a', 'pass'), result('b', 'fail')], ids)).toMatchObject({
      outcome: 'fail',
      missing: ['c', 'd'],
    });
    expect(combine([result('a', 'pass')], ids).outcome).toBe('error');
    expect(combine([], ids).outcome).toBe('error');
    expect(combine([], []).outcome).toBe('error');
  });

  it('hears a gate that nobody required, and the worse of two answers', () => {
    expect(combine([...passes, result('z', 'fail')], ids).outcome).toBe('fail');
    expect(combine([...passes, result('a', 'fail')], ids).outcome).toBe('fail');
  });

  it('calls a pass that changes nothing a noop, but a fail a fail', () => {
    const noop = result('a', 'pass', 'warn', noopCode);
    expect(combine([noop, ...passes.slice(1)], ids)).toMatchObject({
      outcome: 'noop',
      approvalsNeeded: false,
    });
    expect(combine([noop, result('b', 'fail'), ...passes.slice(2)], ids).outcome).toBe('fail');
  });

  it('needs approvals for a pass that carries such a finding, and for nothing else', () => {
    const asks = result('a', 'pass', 'require_approval');
    expect(combine([asks, ...passes.slice(1)], ids)).toMatchObject({
      outcome: 'pass',
      approvalsNeeded: true,
    });
    expect(combine([result('a', 'pass', 'warn'), ...passes.slice(1)], ids).approvalsNeeded).toBe(false);
    expect(combine([asks, result('b', 'fail')], ids).approvalsNeeded).toBe(false);
  });

  it('gives the same bytes in whatever order answers come', () => {
    fc.assert(
      fc.property(anyAnswers, fc.shuffledSubarray(ids, { minLength: 4 }), (list, order) => {
        const results = ids.map((id, i) => result(id, list[i]!, 'warn'));
        const shuffled = order.map((id) => results[ids.indexOf(id)]!);
        expect(canonicalJson(combine(shuffled, ids))).toBe(canonicalJson(combine(results, ids)));
      }),
    );
  });
});

describe('what a policy requires', () => {
  const registry = [{ id: 'frame', always: true as const }, { id: 'a' }, { id: 'b' }];
  const asks = (change: Partial<Record<'required' | 'blocking' | 'staged', string[]>>) => ({
    required: [],
    blocking: [],
    staged: [],
    ...change,
  });
  const judged = (results: GateResult[], policy: ReturnType<typeof asks>) =>
    combine(weigh(results, registry, policy), requiredGates(registry, policy));

  it.each<[string, Parameters<typeof asks>[0], string[]]>([
    ['nothing but the frame', {}, ['frame']],
    ['all', { required: ['*'] }, ['frame', 'a', 'b']],
    ['the named ones', { required: ['b'] }, ['frame', 'b']],
    ['what it wants to block', { blocking: ['a'] }, ['frame', 'a']],
    ['what it stages', { staged: ['a'] }, ['frame', 'a']],
    ['one that nobody has', { required: ['a', 'z'] }, ['frame', 'a', 'z']],
  ])('is %s', (_, change, expected) => expect(requiredGates(registry, asks(change))).toEqual(expected));

  it('lowers the findings of another gate to a note and does not count its answer', () => {
    const results = [result('frame', 'pass'), result('a', 'fail', 'block'), result('b', 'error', 'block')];
    const combined = judged(results, asks({}));
    expect(combined).toMatchObject({ outcome: 'pass', approvalsNeeded: false, missing: [] });
    expect(
      combined.gates.map(({ gate, answer, required, findings }) => [
        gate,
        answer,
        required,
        findings[0]?.severity,
      ]),
    ).toEqual([
      ['frame', 'pass', undefined, undefined],
      ['a', 'fail', false, 'warn'],
      ['b', 'error', false, 'warn'],
    ]);
    expect(judged(results, asks({ required: ['a'] })).outcome).toBe('fail');
    expect(judged(results, asks({ required: ['b'] })).outcome).toBe('error');
  });

  it('lets a staged gate decide nothing, keeps what it found, and holds the candidate back', () => {
    const found = [result('frame', 'pass'), result('a', 'fail', 'block'), result('b', 'pass')];
    const combined = judged(found, asks({ required: ['*'], staged: ['a'] }));
    expect(combined).toMatchObject({ outcome: 'pass', approvalsNeeded: false });
    expect(combined.gates[1]).toMatchObject({
      answer: 'fail',
      staged: true,
      findings: [{ severity: 'block' }],
    });
    expect(heldBy(combined.gates)).toEqual(['a']);
    const asked = [result('frame', 'pass'), result('a', 'pass', 'require_approval'), result('b', 'pass')];
    expect(heldBy(judged(asked, asks({ staged: ['a'] })).gates)).toEqual(['a']);
    const quiet = [result('frame', 'pass'), result('a', 'pass', 'warn'), result('b', 'pass')];
    expect(heldBy(judged(quiet, asks({ staged: ['*'] })).gates)).toEqual([]);
  });

  it('holds back where a staged gate broke or said nothing certain, and wants its answer all the same', () => {
    const frame = result('frame', 'pass');
    const policy = asks({ staged: ['a'] });
    for (const answer of ['error', 'inconclusive'] as const)
      expect(heldBy(judged([frame, result('a', answer)], policy).gates)).toEqual(['a']);
    expect(judged([frame], policy).outcome).toBe('error');
  });

  it('never stages the frame', () => {
    const all = asks({ staged: ['*'] });
    expect(judged([result('frame', 'fail', 'block')], all).outcome).toBe('fail');
  });

  it('never lifts the frame', () => {
    expect(judged([result('frame', 'fail', 'block')], asks({})).outcome).toBe('fail');
    expect(judged([result('a', 'pass')], asks({})).outcome).toBe('error');
  });

  it('asks for no approval where only a gate that is not required would', () => {
    const results = [result('frame', 'pass'), result('a', 'pass', 'require_approval'), result('b', 'pass')];
    expect(judged(results, asks({})).approvalsNeeded).toBe(false);
    expect(judged(results, asks({ required: ['a'] })).approvalsNeeded).toBe(true);
  });

  it('makes a block of an approval that a blocking gate asks for, and of nothing else', () => {
    const results = [
      result('frame', 'pass'),
      result('a', 'pass', 'require_approval'),
      result('b', 'pass', 'warn'),
    ];
    const combined = judged(results, asks({ blocking: ['*'] }));
    expect(combined.outcome).toBe('fail');
    expect(combined.gates.map(({ answer }) => answer)).toEqual(['pass', 'fail', 'pass']);
    expect(combined.gates[1]!.findings[0]!.severity).toBe('block');
    expect(combined.gates[2]!.findings[0]!.severity).toBe('warn');
  });

  it('passes nothing where it requires a gate that nobody has', () => {
    const results = registry.map(({ id }) => result(id, 'pass'));
    expect(judged(results, asks({ required: ['z'] }))).toMatchObject({ outcome: 'error', missing: ['z'] });
  });
});

describe('the keys of cached answers', () => {
  const inputs: CommandInputs = {
    baseTree: 'a',
    tree: 'b',
    policyDigest: 'c',
    gateSetDigest: 'd',
    setup: ['npm ci'],
    commands: [{ name: 'test', run: 'npm test', timeout: '10m' }],
    image: 'node-24',
    limits: { memoryBytes: 1 },
    tests: null,
  };

  it.each<[string, Partial<CommandInputs>, boolean]>([
    ['base tree', { baseTree: 'x' }, true],
    ['tree', { tree: 'x' }, true],
    ['policy', { policyDigest: 'x' }, true],
    ['gates', { gateSetDigest: 'x' }, true],
    ['setup', { setup: [] }, false],
    ['commands', { commands: [] }, false],
    ['image', { image: null }, false],
    ['limits', { limits: { memoryBytes: 2 } }, false],
    ['tests of the base', { tests: { base: [{ name: 'test' }], regressions: [] } }, false],
    ['regressions that the job declares', { tests: { base: [], regressions: ['test'] } }, false],
    ['command that runs tests', { commands: [{ ...inputs.commands[0]!, tests: true }] }, false],
  ])('change with the %s', (_, change, alsoStatic) => {
    expect(commandKey({ ...inputs, ...change })).not.toBe(commandKey(inputs));
    expect(staticKey({ ...inputs, ...change }) !== staticKey(inputs)).toBe(alsoStatic);
  });

  it('never meet', () => expect(staticKey(inputs)).not.toBe(commandKey(inputs)));

  it('the digest of the gates knows ids and versions, not the order', () => {
    const digest = gateSetDigest(gates, 'code');
    expect(gateSetDigest([...gates].reverse(), 'code')).toBe(digest);
    expect(gateSetDigest(gates.slice(1), 'code')).not.toBe(digest);
    expect(
      gateSetDigest(
        gates.map((gate, i) => (i === 0 ? { ...gate, version: 99 } : gate)),
        'code',
      ),
    ).not.toBe(digest);
  });

  it('the digest of the static part knows what was answered, and only of static gates', () => {
    const digest = staticDigest('key', passes);
    expect(staticDigest('key', [...passes].reverse())).toBe(digest);
    expect(staticDigest('key', [...passes, { ...result('z', 'fail'), part: 'context' }])).toBe(digest);
    expect(staticDigest('key', [result('a', 'fail'), ...passes.slice(1)])).not.toBe(digest);
    expect(staticDigest('other', passes)).not.toBe(digest);
  });

  it('only firm answers that depend on content are kept', () => {
    expect(answers.filter((answer) => isCacheable(result('a', answer)))).toEqual(['pass', 'fail']);
    expect(isCacheable({ ...result('a', 'pass'), part: 'command' })).toBe(true);
    expect(isCacheable({ ...result('a', 'pass'), part: 'context' })).toBe(false);
  });
});
