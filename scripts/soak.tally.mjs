// What the soak checks, counted one by one: each check is said in words where it fails.
import { say } from './step.mjs';

/** Counts of all loops; `fault` names what does not hold. */
export class Tally {
  passed = 0;
  failed = 0;
  skipped = 0;
  faults = [];

  /** One check. */
  expect(holds, fault) {
    if (holds) this.passed += 1;
    else {
      this.failed += 1;
      const words = typeof fault === 'function' ? fault() : fault;
      this.faults.push(words);
      say(`  FAULT: ${words}`);
    }
    return Boolean(holds);
  }

  /** A check that this machine cannot make. */
  skip(why) {
    this.skipped += 1;
    say(`  skipped: ${why}`);
  }

  get line() {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}

/** mulberry32: small, and the same everywhere. */
export const random = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/** The list in an order of chance. */
export const shuffled = (list, next) => {
  const left = [...list];
  for (let i = left.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [left[i], left[j]] = [left[j], left[i]];
  }
  return left;
};

/** Does the work for each of the list, a few at once, until too much was found for more to tell us anything. */
export const inTurn = async (tally, list, work, atOnce = 4) => {
  const left = list[Symbol.iterator]();
  const hand = async () => {
    for (const one of left) {
      if (tally.failed > 20) return;
      await work(one);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, hand));
};
