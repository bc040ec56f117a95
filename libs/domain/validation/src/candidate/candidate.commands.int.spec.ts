import type { CommandOutcome } from '@gatehouse/contracts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CandidateFixture } from './candidate.fixture.js';

let plane: CandidateFixture;
beforeAll(async () => {
  plane = await CandidateFixture.start();
});
afterAll(() => plane?.stop());

describe('required commands', () => {
  const commands = [{ name: 'test', run: 'npm test', timeout: '1m' }];
  const outcome = (name: CommandOutcome['outcome'], exitCode: number | null): CommandOutcome[] => [
    { name: 'test', outcome: name, exitCode, durationMs: 1, tail: 'output' },
  ];

  it.each<[string, CommandOutcome[] | null, string | undefined, string, string | undefined]>([
    ['passed', outcome('passed', 0), undefined, 'pass', undefined],
    ['failed', outcome('failed', 1), undefined, 'fail', 'fail command.failed'],
    ['were not run', null, 'no validator is registered.', 'error', 'error command.not_run'],
    ['left no trace', null, undefined, 'error', 'error gate.fact_missing'],
  ])('that %s', async (_, outcomes, because, expected, answer) => {
    const patch = plane.patch(() => plane.write('README.md', 'one\n2\nthree\n'));
    const input = await plane.input(plane.base, patch, { commands });
    const { sessionId, policy } = input;
    const judgement = await plane.service.judge(input);
    expect(judgement.commands).toEqual(commands);
    const candidate = await plane.save(input, judgement);
    const decision = { candidate, sessionId, policy, judgement, outcomes, commandsNotRunBecause: because };
    const verdict = await plane.changes.run((change) => plane.service.decide(change, decision));
    expect(verdict.outcome).toBe(expected);
    const { answer: given, findings } = verdict.gates.find(({ gate }) => gate === 'commands')!;
    const said = given === 'pass' ? undefined : [given, ...findings.map(({ code }) => code)].join(' ');
    expect(said).toBe(answer);
  });
});
