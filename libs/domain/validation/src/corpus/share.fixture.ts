/** Which part of a corpus runs: `CORPUS_SHARE=1` for all of it, `CORPUS_SEED` to repeat a run. */
const share = Number(process.env.CORPUS_SHARE ?? 0.1);
const seed = Number(process.env.CORPUS_SEED ?? Math.floor(Math.random() * 1000));

/** Named in the titles of tests, so that what failed can be run again. */
export const shareWords = share >= 1 ? 'all' : `share ${share}, CORPUS_SEED=${seed}`;

/** Every so-manieth of them, other ones with every seed; never none of what there is. */
export const shareOf = <T>(list: readonly T[]): readonly T[] => {
  if (share >= 1) return list;
  const step = Math.max(1, Math.round(1 / share));
  const picked = list.filter((_, i) => i % step === seed % step);
  return picked.length > 0 ? picked : list.slice(0, 1);
};
