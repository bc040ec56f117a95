/** Pause before another try after infrastructure broke: 1 s × 2 per try, at most 100 s, the last half random. */
export const pauseBeforeRetry = (tries: number, random: () => number = Math.random): number => {
  const full = Math.min(1_000 * 2 ** tries, 100_000);
  return Math.round(full * (0.5 + random() / 2));
};
