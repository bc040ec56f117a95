/** A life this short, in milliseconds, is a crash that says something about the program and not about its luck. */
export const shortLifeMs = 10_000;
/** So many short lives in a row are a crash loop. */
export const loopLength = 5;
const slowRetryMs = 30_000;

export interface RestartPlan {
  /** Short lives in a row, this one included. */
  readonly shortLives: number;
  /** Milliseconds until the next try. */
  readonly delayMs: number;
  /** Said out loud in status and doctor; still tried, slowly. */
  readonly looping: boolean;
}

/** When to start a dead process again: at once after a long life, ever later after short ones. */
export const planRestart = (before: number, livedMs: number): RestartPlan => {
  if (livedMs >= shortLifeMs) return { shortLives: 0, delayMs: 100, looping: false };
  const shortLives = before + 1;
  const looping = shortLives >= loopLength;
  return { shortLives, delayMs: looping ? slowRetryMs : 100 * 2 ** (shortLives - 1), looping };
};
