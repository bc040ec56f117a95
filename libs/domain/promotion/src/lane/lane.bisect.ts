export type PrefixAnswer = 'pass' | 'fail';

/** A stack of changes, the first on what stands already: all that is known of its prefixes. */
export interface Stack {
  /** Changes that go onto one another. */
  readonly count: number;
  /** The one after them does not: it conflicts with those before it, or a gate refuses it on top of them. */
  readonly blocked: boolean;
  /** By length of the prefix. */
  readonly answers: ReadonlyMap<number, PrefixAnswer>;
}

export type StackStep =
  /** The prefix of this length is to be judged next. */
  | { readonly kind: 'probe'; readonly position: number }
  /** So many may go; the culprit is the one after them. */
  | { readonly kind: 'settled'; readonly passed: number; readonly culprit: number | null };

/**
 * The whole stack first; where it fails, the first prefix that does is found by halves. What stands already is known
 * to be good, so that nobody is blamed for it: at most 1 + ⌈log₂ count⌉ prefixes are judged.
 */
export const nextStep = ({ count, blocked, answers }: Stack): StackStep => {
  const whole = answers.get(count);
  if (count === 0 || whole === 'pass')
    return { kind: 'settled', passed: count, culprit: blocked ? count + 1 : null };
  if (whole === undefined) return { kind: 'probe', position: count };
  let [good, bad] = [0, count];
  while (bad - good > 1) {
    const position = Math.floor((good + bad) / 2);
    const answer = answers.get(position);
    if (answer === undefined) return { kind: 'probe', position };
    if (answer === 'pass') good = position;
    else bad = position;
  }
  return { kind: 'settled', passed: good, culprit: bad };
};

/** Where a lane begins: small enough that a bad beginning costs little. */
export const firstWindow = 4;

/** Grows by one where all of a round passed, halves where one was dropped. */
export const windowAfter = (window: number, largest: number, outcome: 'passed' | 'failed'): number =>
  outcome === 'passed' ? Math.min(window + 1, largest) : Math.max(1, Math.floor(window / 2));

/** One that was judged on top of those in `before`, lowest first. */
export interface Stacked {
  readonly promotionId: string;
  readonly before: readonly string[];
}

export const isSame = (ground: readonly Stacked[], before: readonly string[]): boolean =>
  ground.length === before.length && ground.every(({ promotionId }, i) => promotionId === before[i]);

/**
 * What stands on the head of a target beside it: of all that passed, in the order in which they were published, those
 * that fit on one another. One that was judged on something else says nothing of what stands now.
 */
export const groundOf = <S extends Stacked>(passed: readonly S[]): S[] => {
  const ground: S[] = [];
  for (const each of passed) if (isSame(ground, each.before)) ground.push(each);
  return ground;
};
