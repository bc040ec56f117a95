import { describe, expect, it } from '@jest/globals';
import type { GateAnswer, GateResult, Severity } from '@gatehouse/contracts';
import { reasonOf } from './reason.js';

const result = (
  code: string,
  answer: GateAnswer,
  severity: Severity = 'block',
  path?: string,
): GateResult => ({
  gate: code,
  part: 'static',
  summary: code,
  answer,
  findings: [{ code, severity, message: `${code} was found.`, next: 'Mend it.', ...(path && { path }) }],
});

describe('reasonOf', () => {
  it('names what is known to be wrong, before what nobody knows', () => {
    expect(reasonOf([result('unclear', 'inconclusive'), result('wrong', 'fail', 'block', 'a.txt')])).toEqual({
      code: 'wrong',
      message: 'wrong was found. (a.txt) Mend it. And 1 more.',
    });
    expect(reasonOf([result('unclear', 'inconclusive')]).code).toBe('unclear');
  });

  it('does not name what only warns or asks', () => {
    const asked = [result('asks', 'pass', 'require_approval'), result('warns', 'inconclusive', 'warn')];
    expect(reasonOf([...asked, result('wrong', 'fail')]).code).toBe('wrong');
    expect(reasonOf(asked).code).toBe('verdict.not_passed');
  });
});
