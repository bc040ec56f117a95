import { describe, expect, it } from '@jest/globals';
import type { CommandOutcome } from '@gatehouse/contracts';
import { inShort, sampleFacts } from '../facts.sample.js';
import { commands } from './commands.gate.js';

const outcome = (name: string, change: Partial<CommandOutcome> = {}): CommandOutcome => ({
  name,
  outcome: 'passed',
  exitCode: 0,
  durationMs: 1,
  tail: '',
  ...change,
});
const check = (names: string[], outcomes: CommandOutcome[] | null, changes?: []) => {
  const required = names.map((name) => ({ name, run: `npm run ${name}`, timeout: '10m' }));
  return commands.check({ ...sampleFacts(changes && { changes }), commands: { required, outcomes } });
};
const short = (...args: Parameters<typeof check>) => inShort(check(...args));

describe('commands', () => {
  it('passes where every required command did, whatever else ran', () => {
    expect(
      short(['lint', 'test'], [outcome('test'), outcome('lint'), outcome('more', { outcome: 'failed' })]),
    ).toBe('pass');
  });

  it('passes where none is required, and where nothing changes', () => {
    expect(short([], null)).toBe('pass');
    expect(short(['test'], null, [])).toBe('pass');
  });

  it('fails with a failed command and keeps the end of its output', () => {
    const tail = `${'x'.repeat(3000)}the end`;
    const decision = check(['test'], [outcome('test', { outcome: 'failed', exitCode: 1, tail })]);
    expect(inShort(decision)).toBe('fail; command.failed');
    expect(decision.findings[0]?.message).toBe('test ended with exit code 1.');
    expect(decision.findings[0]?.evidence).toHaveLength(2000);
    expect(decision.findings[0]?.evidence).toMatch(/the end$/);
  });

  it('says why they were not run, and that this is no verdict on the change', () => {
    const required = [{ name: 'test', run: 'npm test', timeout: '10m' }];
    const because = 'no worker of the validator zone came in time.';
    const facts = { required, outcomes: null, notRunBecause: because };
    const decision = commands.check({ ...sampleFacts(), commands: facts });
    expect(inShort(decision)).toBe('error; command.not_run');
    expect(decision.findings[0]?.message).toContain(because);
  });

  it('fails with one that took too long', () => {
    expect(short(['test'], [outcome('test', { outcome: 'timeout', exitCode: null })])).toBe(
      'fail; command.timeout',
    );
  });

  it.each<[string, CommandOutcome[] | null, string]>([
    ['no outcomes', null, 'error; gate.fact_missing'],
    ['none of this command', [], 'error; command.missing'],
    ['a broken run', [outcome('test', { outcome: 'error', exitCode: null })], 'error; command.error'],
    ['a pass without exit code 0', [outcome('test', { exitCode: 1 })], 'error; command.error'],
    ['a pass without any exit code', [outcome('test', { exitCode: null })], 'error; command.error'],
    [
      'an outcome of an unknown kind',
      [outcome('test', { outcome: 'great' as 'passed' })],
      'error; command.error',
    ],
  ])('answers error with %s', (_, outcomes, expected) => expect(short(['test'], outcomes)).toBe(expected));

  it('lets the worse of two outcomes count', () => {
    const twice = [outcome('test'), outcome('test', { outcome: 'failed', exitCode: 2 })];
    expect(short(['test'], twice)).toBe('fail; command.failed');
    expect(short(['test'], twice.reverse())).toBe('fail; command.failed');
  });

  it('does not know what to think of one that fails and passes on the same bytes', () => {
    const flaky = outcome('test', { outcome: 'failed', exitCode: 1, again: ['failed', 'passed'] });
    const failed = outcome('lint', { outcome: 'failed', exitCode: 1 });
    expect(short(['test'], [flaky])).toBe('inconclusive; tests.flaky');
    expect(short(['test', 'lint'], [flaky, failed])).toBe('fail; command.failed; tests.flaky');
    expect(short(['test'], [{ ...flaky, again: ['failed', 'error'] }])).toBe('fail; command.failed');
    expect(check(['test'], [flaky]).findings[0]?.message).toContain('(failed, failed, passed)');
  });
});
