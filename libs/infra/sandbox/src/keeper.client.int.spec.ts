import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { KeeperClient } from './keeper.client.js';

const initScript = fileURLToPath(new URL('../keeper/init.sh', import.meta.url));

/** A keeper of a command that ends at once and needs no room. */
const keep = (): KeeperClient =>
  new KeeperClient(
    {
      launch: { file: '/bin/sh', args: [initScript, 'true'], env: {} },
      namespaces: false,
      roomPrefix: '',
      uid: null,
      mark: null,
      cgroup: null,
      watchMemoryBytes: null,
      workspace: tmpdir(),
      workspaceLimit: null,
      wallMs: 120_000,
      graceMs: 0,
      deadlineAt: null,
    },
    ['ignore', 'ignore', 'ignore'],
  );

/** Does nothing else, as a worker does that gets no processor, until a child has ended and waits to be heard. */
const standStillUntilEnded = (pid: number): void => {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (const until = Date.now() + 60_000; Date.now() < until; Atomics.wait(never, 0, 0, 20))
    if (/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return;
  throw new Error('the keeper did not end');
};

describe('a worker that hears late of the end of a run', () => {
  it.each([
    ['still hears it', () => undefined],
    ['hears it also where it renews first', (keeper: KeeperClient) => keeper.renew(0)],
    ['hears it also where it cancels first', (keeper: KeeperClient) => keeper.end('cancelled', 0)],
  ])('%s', async (_, act) => {
    const keeper = keep();
    standStillUntilEnded(keeper.pid);
    act(keeper);
    expect(await keeper.ended).toMatchObject({ outcome: 'exited', exitCode: 0, verifiedDead: true });
  });
});
