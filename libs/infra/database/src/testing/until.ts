import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; throws what it was where it never does. A busy machine is waited for. */
export const until = async (what: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> => {
  for (const end = Date.now() + ms; !(await what()); await sleep(20))
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what.toString()}`);
};
