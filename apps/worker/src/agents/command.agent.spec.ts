import { describe, expect, it } from '@jest/globals';
import { planAgent } from './index.js';

describe('command agent', () => {
  it('runs the argument array as it is, with no shell added', () => {
    const argv = ['sh', '-c', 'echo "$X; rm -rf /"', ''];
    expect(planAgent({ adapter: 'command', command: argv, env: { X: '1' } })).toEqual({
      do: 'run',
      argv,
      env: { X: '1' },
    });
  });

  it('adds no environment of its own', () => {
    expect(planAgent({ adapter: 'command', command: ['true'] })).toEqual({
      do: 'run',
      argv: ['true'],
      env: {},
    });
  });
});
