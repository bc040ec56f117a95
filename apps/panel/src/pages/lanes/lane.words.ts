import type { Lane, LaneEntry } from '@gatehouse/contracts';

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
