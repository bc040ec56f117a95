import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; throws what it was where it never does. */
export const until = async (what: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> => {
  const end = Date.now() + ms;
  while (!(await what())) {
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what.toString()}`);
    await sleep(20);
  }
};
