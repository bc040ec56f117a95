import type { Lane, LaneEntry, LaneRound, StackEntry } from '@gatehouse/contracts';

/** What runs, then whose turn is next, then what may not go now; the oldest first among each. */
export const inOrder = ({ running, waiting }: Lane): readonly LaneEntry[] => [
  ...(running === null ? [] : [running]),
  ...waiting.toSorted(
    (a, b) => (a.position ?? Infinity) - (b.position ?? Infinity) || a.createdAt.localeCompare(b.createdAt),
  ),
];

const goes = ({ state, position }: LaneEntry): boolean => state === 'running' || position !== null;

/** What is about to go, what is being judged in the stack now, and what waits behind it. */
export const partsOf = (
  lane: Lane,
): Readonly<Record<'going' | 'judged' | 'behind', readonly LaneEntry[]>> => {
  const { rounds = [], stack = [] } = lane.speculation ?? {};
  const stacked = new Set(rounds[0]?.state === 'judging' ? stack.map(({ promotionId }) => promotionId) : []);
  const all = inOrder(lane);
  const left = all.filter(({ promotionId }) => !stacked.has(promotionId));
  return {
    going: left.filter(goes),
    judged: all.filter(({ promotionId }) => stacked.has(promotionId)),
    behind: left.filter((entry) => !goes(entry)),
  };
};

/** Promotions that the lane shows, by their jobs: in sentences of the server they are ids. */
export const namesOf = ({ running, waiting, speculation }: Lane): ReadonlyMap<string, string> =>
  new Map(
    [
      ...(running === null ? [] : [running]),
      ...waiting,
      ...(speculation?.rounds ?? []).flatMap(({ changes }) => changes),
    ].map(({ promotionId, jobName }) => [promotionId, jobName]),
  );

const promotion = 'prm_[0-9A-Z]{26}';
const list = new RegExp(`${promotion}(?:, ${promotion})*`, 'g');

/** More names than this in one sentence nobody reads; their number says as much. */
const mostNames = 2;

export const withNames = (text: string, names: ReadonlyMap<string, string>): string =>
  text.replaceAll(list, (ids) => {
    const found = ids.split(', ');
    return found.length > mostNames
      ? `${found.length} changes`
      : found.map((id) => names.get(id) ?? id).join(', ');
  });

export const placeOf = ({ state, position }: Pick<LaneEntry, 'state' | 'position'>): string =>
  state === 'running' ? 'now' : position === null ? 'not yet' : position === 1 ? 'next' : `${position}.`;

/** The lane in a few words. */
export const laneSentence = (lane: Lane): string => {
  const { running, waiting, speculation } = lane;
  const { judged, behind } = partsOf(lane);
  const inLine = waiting.length - judged.length - behind.length;
  const held = speculation === null ? 'may not go yet' : behind.length === 1 ? 'waits' : 'wait';
  return [
    running === null ? 'nothing is being published' : 'one is being published',
    ...(inLine > 0 ? [`${inLine} in line`] : []),
    ...(judged.length > 0 ? [`${judged.length} judged together`] : []),
    ...(behind.length > 0 ? [`${behind.length} ${held}`] : []),
  ].join(', ');
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
}: Pick<LaneRound, 'state' | 'members' | 'passed' | 'why'>): string => {
  if (state === 'judging') return members === 1 ? 'One is being judged.' : `${members} are being judged.`;
  if (state === 'void') return `Said nothing any more: ${why ?? 'what it was about has changed.'}`;
  if (state === 'passed') return members === 1 ? 'One may go.' : `All ${members} may go.`;
  const rest = members - passed - 1;
  const words = [
    passed === 0 ? 'None may go' : `${passed} of ${members} may go`,
    'one was dropped',
    ...(rest > 0 ? [`${rest} ${rest === 1 ? 'begins' : 'begin'} anew`] : []),
  ];
  return `${words.join(', ')}.`;
};

const outcomes = { judging: 'judged now', pass: 'passed', fail: 'failed', inconclusive: 'unclear' } as const;

/** Which stacks were judged, in that order: each is the lowest so many of the round. */
export const judgedWords = ({ probes, members }: Pick<LaneRound, 'probes' | 'members'>): string =>
  probes
    .map(({ position, outcome }) => {
      const few = position === 1 ? 'the first' : `the first ${position}`;
      const which = members === 1 ? 'it' : position === members ? `all ${members}` : few;
      return `${which}: ${outcomes[outcome]}`;
    })
    .join(', ') || 'nothing had to run';
