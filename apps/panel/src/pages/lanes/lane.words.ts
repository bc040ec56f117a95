import type { Lane, LaneEntry, LaneRound, StackEntry } from '@gatehouse/contracts';

/** What runs, then whose turn is next, then what may not go now; the oldest first among each. */
export const inOrder = ({ running, waiting }: Lane): readonly LaneEntry[] => [
  ...(running === null ? [] : [running]),
  ...waiting.toSorted(
    (a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || a.createdAt.localeCompare(b.createdAt),
  ),
];

export const placeOf = ({ position }: Pick<LaneEntry, 'position'>, runs: boolean): string =>
  runs ? 'now' : position === null ? 'not yet' : position === 1 ? 'next' : `${position}.`;

/** The lane in a few words. */
export const laneSentence = ({ running, waiting, generation }: Lane): string => {
  const held = waiting.filter(({ position }) => position === null).length;
  const words = [
    running === null ? 'nothing runs' : 'one is being published',
    ...(waiting.length > held ? [`${waiting.length - held} in line`] : []),
    ...(held > 0 ? [`${held} may not go yet`] : []),
  ];
  return `${words.join(', ')}${generation === 0 ? '' : ` · run ${generation}`}`;
};

/** What a change of a stack was put on top of before it was judged. */
export const mergedOn = (
  { position, onto }: Pick<StackEntry, 'position' | 'onto'>,
  target: string,
): string => {
  const below = position - 1;
  const words = [
    ...(below > 0 ? [`the ${below} before it in the stack`] : []),
    ...(onto.length > below ? [`${onto.length - below} that were published or are about to be`] : []),
  ];
  return `on ${words.join(', and ') || `the head of ${target}`}`;
};

/** What came of a round, in a few words. */
export const roundSentence = ({
  state,
  members,
  passed,
  why,
}: Pick<LaneRound, 'state' | 'members' | 'passed' | 'dropped' | 'why'>): string => {
  if (state === 'judging') return `${members} ${members === 1 ? 'is' : 'are'} being judged`;
  if (state === 'void') return `begun anew: ${why ?? 'what it was about has changed'}`;
  if (state === 'passed') return members === 1 ? 'it passed' : `all ${members} passed`;
  return `${passed} of ${members} passed, one was dropped`;
};
