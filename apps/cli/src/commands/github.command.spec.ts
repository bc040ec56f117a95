import { describe, expect, it } from '@jest/globals';
import { run } from '../testing/fake.io.js';

describe('gatehouse github setup', () => {
  const entry = '/clone/apps/launcher/dist/main.js';
  const files = { [entry]: '' };

  it('hands its options to the launcher, none of which can become another one', async () => {
    const args = [
      '--dir',
      '/keys',
      '--org=acme',
      '--name',
      '--save',
      '--public-url',
      'https://g.example',
      '--json',
    ];
    const { code, spawned } = await run(['github', 'setup', ...args], { files });
    expect(code).toBe(0);
    expect(spawned).toEqual([
      [
        ...[process.execPath, entry, 'github-setup', '--dir=/keys', '--org=acme', '--name=--save'],
        ...['--public-url=https://g.example', '--json'],
      ],
    ]);
  });

  it('wants a folder', async () => {
    const { code, spawned, stderr } = await run(['github', 'setup'], { files });
    expect([code, spawned]).toEqual([2, []]);
    expect(stderr).toContain('--dir');
  });
});
