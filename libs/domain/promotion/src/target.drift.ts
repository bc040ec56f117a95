import type { LocatedSource, Mirror } from '@gatehouse/git';
import { errored, failed, type Published } from './published.js';

export const targetMoved = 'promotion.target_moved';

/**
 * What the head of the target says about a change that was judged on `base`; undefined where that is the head still.
 * Nothing is published onto anything else (I5).
 */
export const driftOf = async ({
  mirror,
  located,
  target,
  base,
  head,
}: {
  readonly mirror: Mirror;
  readonly located: LocatedSource;
  readonly target: string;
  readonly base: string;
  /** As the source itself has just said; undefined where it has no such branch. */
  readonly head: string | undefined;
}): Promise<Published | undefined> => {
  if (head === base) return undefined;
  const missing = failed(
    'promotion.target_missing',
    `The repository has no branch ${target} any more, so nothing was published.`,
  );
  if (head === undefined) return missing;
  const fetched = await mirror.fetch(located);
  if (!fetched.ok) return errored(fetched.reason, fetched.message);
  // It may have moved once more meanwhile: only what is here can be asked about.
  const now = await mirror.resolve(`refs/heads/${target}`);
  if (now === undefined) return missing;
  if (await mirror.isAncestor(base, now))
    return {
      state: 'discarded',
      reason: {
        code: targetMoved,
        message: `${target} moved from ${base} to ${now} after the change was judged. It is merged with that and judged again.`,
      },
    };
  return failed(
    'promotion.base_rewritten',
    `${target} was rewritten: ${base}, on which the change was judged, is not in its history any more. Nothing was published; submit the job again on its present head.`,
  );
};
