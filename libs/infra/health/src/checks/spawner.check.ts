import { Spawner } from '@gatehouse/git';
import { fail, pass, type Check } from '../check.js';

export const spawner: Check = {
  id: 'spawner',
  title: 'Spawner',
  // Every git command of the plane goes through it, so it is tried with one.
  run: async ({ spawner: own }) => {
    const tried = own ?? new Spawner();
    try {
      const { ended, code, message, stderr } = await tried.run({
        file: 'git',
        args: ['--version'],
        cwd: '/',
        env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C' },
        timeoutMs: 10_000,
        maxOutputBytes: 4_096,
      });
      if (ended === 'exit' && code === 0) return pass('runs commands');
      return fail(`a command ended as ${ended}: ${message || stderr.toString().trim()}`, 'make setup');
    } finally {
      if (tried !== own) await tried.close();
    }
  },
};
