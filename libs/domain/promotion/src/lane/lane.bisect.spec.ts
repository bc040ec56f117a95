import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { groundOf, nextStep, windowAfter, type PrefixAnswer } from './lane.bisect.js';

/** Says of a stack, lowest first, whether it is bad. */
type IsBad = (stack: readonly number[]) => boolean;

interface Round {
  readonly window: number;
  readonly members: readonly number[];
  readonly culprit: number | null;
  readonly ground: readonly number[];
  readonly probes: number;
}

/** A lane of `count` changes until none waits, as the engine goes through it. */
const lane = (
  count: number,
  largest: number,
  first: number,
  isBad: IsBad,
  conflicts: IsBad = () => false,
) => {
  const published: number[] = [];
  const rounds: Round[] = [];
  let waiting = Array.from({ length: count }, (_, i) => i);
  let window = first;
  while (waiting.length > 0) {
    // Every round ends somebody's waiting.
    expect(rounds.length).toBeLessThan(count);
    const members = waiting.slice(0, Math.min(window, largest));
    const ground = [...published];
    const at = members.findIndex((_, i) => conflicts([...ground, ...members.slice(0, i + 1)]));
    const height = at < 0 ? members.length : at;
    const answers = new Map<number, PrefixAnswer>();
    for (;;) {
      const step = nextStep({ count: height, blocked: at >= 0, answers });
      if (step.kind === 'probe') {
        expect(answers.has(step.position)).toBe(false);
        answers.set(step.position, isBad([...ground, ...members.slice(0, step.position)]) ? 'fail' : 'pass');
        continue;
      }
      const culprit = step.culprit === null ? null : members[step.culprit - 1]!;
      rounds.push({ window, members, culprit, ground, probes: answers.size });
      published.push(...members.slice(0, step.passed));
      waiting = waiting.filter((each) => !published.includes(each) && each !== culprit);
      window = windowAfter(window, largest, culprit === null ? 'passed' : 'failed');
      break;
    }
  }
  return { published, rounds };
};

/** What one would publish who tried each on top of all that went before it. */
const oneByOne = (count: number, isBad: IsBad): number[] =>
  Array.from({ length: count }, (_, i) => i).reduce<number[]>(
    (kept, each) => (isBad([...kept, each]) ? kept : [...kept, each]),
    [],
  );

/** Sets of changes that do not go together; one alone is bad by itself. */
const quarrels = (count: number) =>
  fc.array(fc.uniqueArray(fc.nat(count - 1), { minLength: 1, maxLength: 3 }), { maxLength: 4 });
const badWith =
  (sets: readonly (readonly number[])[]): IsBad =>
  (stack) =>
    sets.some((set) => set.every((each) => stack.includes(each)));

const lanes = fc
  .integer({ min: 1, max: 16 })
  .chain((count) =>
    fc.tuple(
      fc.constant(count),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      quarrels(count),
      quarrels(count),
    ),
  );

describe('a stack', () => {
  it('publishes exactly what one would who tried each by itself, in order', () => {
    fc.assert(
      fc.property(lanes, ([count, largest, first, failing, conflicting]) => {
        const [isBad, conflicts] = [badWith(failing), badWith(conflicting)];
        const { published } = lane(count, largest, first, isBad, conflicts);
        expect(published).toEqual(oneByOne(count, (stack) => isBad(stack) || conflicts(stack)));
      }),
    );
  });

  it('drops the first of a failing prefix, after few probes', () => {
    fc.assert(
      fc.property(lanes, ([count, largest, first, failing, conflicting]) => {
        const isBad: IsBad = (stack) => badWith([...failing, ...conflicting])(stack);
        const { rounds } = lane(count, largest, first, badWith(failing), badWith(conflicting));
        for (const { members, culprit, ground, probes } of rounds) {
          expect(probes).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(Math.max(members.length, 1))));
          if (culprit === null) continue;
          const below = members.slice(0, members.indexOf(culprit));
          expect(isBad([...ground, ...below])).toBe(false);
          expect(isBad([...ground, ...below, culprit])).toBe(true);
        }
      }),
    );
  });

  it('grows by one where all pass, halves where one is dropped, and is never less than one nor too large', () => {
    fc.assert(
      fc.property(lanes, ([count, largest, first, failing]) => {
        const { rounds } = lane(count, largest, first, badWith(failing));
        rounds.slice(1).forEach(({ window }, i) => {
          const before = rounds[i]!;
          expect(window).toBe(
            before.culprit === null
              ? Math.min(before.window + 1, largest)
              : Math.max(1, Math.floor(before.window / 2)),
          );
          expect(before.members.length).toBeLessThanOrEqual(largest);
        });
      }),
    );
  });

  it('of which all pass costs one probe, and an empty one none', () => {
    expect(nextStep({ count: 8, blocked: false, answers: new Map() })).toEqual({
      kind: 'probe',
      position: 8,
    });
    expect(nextStep({ count: 8, blocked: false, answers: new Map([[8, 'pass']]) })).toEqual({
      ...{ kind: 'settled', passed: 8, culprit: null },
    });
    expect(nextStep({ count: 0, blocked: true, answers: new Map() })).toEqual({
      ...{ kind: 'settled', passed: 0, culprit: 1 },
    });
  });
});

describe('what stands on a head', () => {
  const judged = (promotionId: string, ...before: string[]) => ({ promotionId, before });

  it.each([
    ['all that were judged on one another', [judged('a'), judged('b', 'a'), judged('c', 'a', 'b')], 'abc'],
    ['none above one that was closed', [judged('a'), judged('c', 'a', 'b'), judged('d', 'a', 'b', 'c')], 'a'],
    [
      'what was judged after that',
      [judged('b', 'a'), judged('c', 'a', 'b'), judged('d'), judged('e', 'd')],
      'de',
    ],
    ['none of another order', [judged('b', 'a'), judged('a')], 'a'],
  ])('is %s', (_, passed, ground) => {
    expect(
      groundOf(passed)
        .map(({ promotionId }) => promotionId)
        .join(''),
    ).toBe(ground);
  });
});
