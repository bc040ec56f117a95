import { sampleInstant } from '@gatehouse/client/testing';
import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

describe('the plane of this clone', () => {
  const files = { '/clone/apps/launcher/dist/main.js': '' };
  const entry = '/clone/apps/launcher/dist/main.js';

  it.each([
    [['start'], ['start', '--foreground']],
    [
      ['start', '-d', '--json'],
      ['start', '--json'],
    ],
    [['stop'], ['stop']],
    [
      ['status', '--json'],
      ['status', '--json'],
    ],
    [['doctor'], ['doctor']],
  ])('%j runs the launcher', async (args, given) => {
    const { code, spawned } = await run(args, { files });
    expect([code, spawned]).toEqual([0, [[process.execPath, entry, ...given]]]);
  });

  it.each([0, 1, 2, 3])('passes its exit code %i on', async (exits) => {
    expect((await run(['status'], { files, exits })).code).toBe(exits);
  });

  it('says how to build it', async () => {
    const { code, stderr } = await run(['start']);
    expect(code).toBe(7);
    expect(stderr).toContain('make setup');
  });

  it('makes a link whose code no server log sees', async () => {
    const { stdout } = await run(['panel'], {
      handlers: { 'login.code': () => ({ code: 'a/b', expiresAt: sampleInstant }) },
    });
    expect(stdout).toBe('http://127.0.0.1:7070/panel#code=a%2Fb\n');
  });
});
