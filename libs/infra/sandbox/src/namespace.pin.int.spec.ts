import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { listProcesses, membersOf, pidNamespaceOf, pinNamespace, startTimeOf } from '../keeper/processes.mjs';

const own = pidNamespaceOf(process.pid);
const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];

/** A process in a pid namespace of its own. */
const inside = async (): Promise<{ launcher: ChildProcess; pid: number; namespace: string }> => {
  const launcher = spawn('unshare', [...asUser, '--pid', '--fork', '--kill-child=SIGKILL', 'sleep', '30']);
  for (;;) {
    const child = listProcesses().find((p) => p.parent === launcher.pid && p.alive);
    const namespace = child && pidNamespaceOf(child.pid);
    if (child && namespace && namespace !== own) return { launcher, pid: child.pid, namespace };
    if (launcher.exitCode !== null) throw new Error('this user may not make pid namespaces');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
const end = async ({ launcher, pid }: { launcher: ChildProcess; pid: number }): Promise<void> => {
  const closed = once(launcher, 'close');
  process.kill(pid, 'SIGKILL');
  await closed;
};
/** Whether the next few namespaces get a number that another had. */
const comesAgain = async (number: string): Promise<boolean> => {
  for (let i = 0; i < 20; i++) {
    const next = await inside();
    await end(next);
    if (next.namespace === number) return true;
  }
  return false;
};

describe('a pid namespace that is held', () => {
  it('keeps its number to itself, so that nobody is taken for its member', async () => {
    const first = await inside();
    const pin = pinNamespace(first.pid, startTimeOf(first.pid));
    expect(pin?.name).toBe(first.namespace);
    expect(membersOf({ namespace: pin?.name ?? null }).map((p) => p.pid)).toEqual([first.pid]);
    await end(first);
    expect(await comesAgain(first.namespace)).toBe(false);
    expect(membersOf({ namespace: pin?.name ?? null })).toEqual([]);
    // Without the hold the kernel gives the number to the next, which looking by number alone would then find.
    pin?.release();
  });

  it('is never our own, nor that of a pid that passed to another process', async () => {
    expect(pinNamespace(process.pid, startTimeOf(process.pid))).toBeNull();
    const first = await inside();
    expect(pinNamespace(first.pid, (startTimeOf(first.pid) ?? 0) + 1)).toBeNull();
    await end(first);
    expect(pinNamespace(first.pid, null)).toBeNull();
  });
});
