import type { GateResult } from '@gatehouse/contracts';
import type { Reason } from '@gatehouse/session';
import type { StackRefusal } from '@gatehouse/validation';

/** As many as one can read: names are the authors', and may be long. */
export const named = (paths: readonly string[]): string => {
  const few = paths.filter((_, i) => i < 20 && paths.slice(0, i + 1).join(', ').length <= 4_000);
  const more = paths.length - few.length;
  return `${few.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
};

/** What gates said that did not pass, the first finding of each. */
export const saidBy = (results: readonly GateResult[]): string =>
  results
    .slice(0, 5)
    .map(({ gate, findings: [first] }) => {
      const place = first?.path === undefined ? '' : `${first.path}: `;
      return `${gate}: ${place}${first?.message ?? 'it did not pass.'}`;
    })
    .join(' ');

const below = (before: readonly string[], target: string): string =>
  before.length === 0 ? `the head of ${target}` : `${named(before)}, which wait or were published before it,`;

const next = 'Submit the job again once those are merged.';

/** Why a change is dropped that does not go on top of those before it. */
export const refusedBecause = (refusal: StackRefusal, before: readonly string[], target: string): Reason => {
  switch (refusal.kind) {
    case 'conflict':
      return {
        code: 'promotion.stack_conflict',
        message: `It passed by itself, but both it and ${below(before, target)} touch ${named(refusal.paths)} in ways that cannot be merged. ${next}`,
      };
    case 'nothing_left':
      return {
        code: 'promotion.already_stacked',
        message: `All of it is in ${below(before, target)} already.`,
      };
    case 'gates':
      return {
        code: 'promotion.stack_refused',
        message: `It passed by itself, but not on top of ${below(before, target)} for ${saidBy(refusal.results)} ${next}`,
      };
  }
};

/** Why a change is dropped with which the commands fail, and without which they pass. */
export const failedBecause = (why: string, before: readonly string[], target: string): Reason => ({
  code: 'promotion.stack_failed',
  message: `It passed by itself, but not on top of ${below(before, target)} which pass without it: ${why} ${next}`,
});
