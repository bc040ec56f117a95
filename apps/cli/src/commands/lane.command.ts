import type { Lane, Speculation } from '@gatehouse/contracts';
import type { Noun } from '../cli.js';
import { ageOf } from '../table.print.js';
import { cleanCell } from '../text.clean.js';

const rowsOf = (lanes: readonly Lane[]) =>
  lanes.flatMap((lane) =>
    [...(lane.running ? [lane.running] : []), ...lane.waiting].map((entry) => ({ lane, entry })),
  );

/** The stack that is or was judged last, and how the window came to be what it is. */
const stackOf = ({ window, stack, rounds }: Speculation): string[] => [
  `  speculative: ${window} at once in the next round`,
  ...stack.map(
    ({ position, promotionId, jobName, onto, state, why }) =>
      `  #${position}  ${promotionId}  ${jobName}  ${state} on ${onto.length === 0 ? 'the head' : `${onto.length} before it`}${why === null ? '' : `: ${why}`}`,
  ),
  ...rounds.map(
    ({ number, state, windowBefore, windowAfter, members, passed, dropped, changes, probes, why }) =>
      `  round ${number}  window ${windowBefore} → ${windowAfter ?? '?'}  ${state}  ${passed} of ${members} may go${dropped === null ? '' : `, ${dropped} ${changes.find(({ promotionId }) => promotionId === dropped)?.jobName ?? ''} dropped`}  judged ${probes.map(({ position, outcome }) => `${position}: ${outcome}`).join(', ') || 'nothing'}${state === 'void' && why !== null ? `  ${why}` : ''}`,
  ),
];

export const laneVerbs: Noun = (program, verb) => {
  const lane = program.command('lane').description('What is published and what waits, by branch');

  verb<{ repository?: string }>(lane, 'list', 'What runs and waits in every lane', async (cli, _, o) => {
    const query = o.repository === undefined ? {} : { repository: o.repository };
    const { items } = await (await cli.client()).call('lanes.list', { query });
    cli.out.table(
      rowsOf(items),
      [
        { title: 'repository', of: (row) => row.lane.repository },
        { title: 'target', of: (row) => row.lane.target },
        { title: 'turn', of: ({ entry }) => (entry.state === 'running' ? 'now' : (entry.position ?? '–')) },
        { title: 'promotion', of: ({ entry }) => entry.promotionId },
        { title: 'state', of: ({ entry }) => entry.state },
        { title: 'age', of: ({ entry }) => ageOf(entry.createdAt, cli.io.now()) },
        { title: 'why', of: ({ entry }) => entry.why },
      ],
      'Nothing runs or waits.',
    );
  }).option('--repository <name>', 'only of this repository');

  verb(lane, 'show <repository> <target>', 'One lane', async (cli, [repository, target]) => {
    const query = { repository: String(repository), target: String(target) };
    const { items } = await (await cli.client()).call('lanes.list', { query });
    const [found] = items;
    cli.out.result(
      found ?? { ...query, generation: null, running: null, waiting: [], speculation: null },
      () =>
        [
          `${query.repository} → ${query.target}${found ? `, generation ${found.generation}` : ''}`,
          ...rowsOf(items).map(
            ({ entry }) =>
              `  ${entry.state === 'running' ? 'now' : (entry.position ?? '–')}  ${entry.promotionId}  ${entry.jobName}  ${entry.requestedBy.name}  ${entry.why}`,
          ),
          ...(rowsOf(items).length > 0 ? [] : ['  Nothing runs or waits.']),
          ...(found?.speculation ? stackOf(found.speculation) : []),
        ].map((line) => line.replace(/\S.*/s, cleanCell)),
    );
  });
};
