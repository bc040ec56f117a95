import {
  promotionStates,
  statesOf,
  type ApprovalCause,
  type Promotion,
  type PromotionState,
} from '@gatehouse/contracts';
import { Option, type Command } from 'commander';
import type { Cli, Noun, VerbMaker } from '../cli.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { ageOf, fieldLines } from '../table.print.js';
import { cleanCell } from '../text.clean.js';

interface PromotionListOptions extends ListOptions {
  readonly state?: PromotionState;
  readonly session?: string;
  readonly repository?: string;
}

const causeLines = ({ reason, layer, rule, gate, code, paths, morePaths }: ApprovalCause): string[] => {
  const whose = [
    rule && `rule ${rule}`,
    layer && `${layer.layer} policy ${layer.name}`,
    gate && `gate ${gate}`,
    code,
  ].filter(Boolean);
  return [
    `  asks: ${reason}`,
    `        ${whose.join(', ')}`,
    ...paths.map((path) => `        - ${path}`),
    ...(morePaths > 0 ? [`        and ${morePaths} more, see gatehouse candidate gates`] : []),
  ].map((line) => line.replace(/\S.*/s, cleanCell));
};

const lines = (promotion: Promotion): string[] => [
  ...fieldLines([
    ['promotion', promotion.id],
    ['state', promotion.state],
    ['reason', promotion.reason && `${promotion.reason.message} [${promotion.reason.code}]`],
    ['repository', `${promotion.repository} → ${promotion.target}`],
    [
      'level',
      promotion.level === promotion.requestedLevel
        ? promotion.level
        : `${promotion.level} (asked: ${promotion.requestedLevel})`,
    ],
    ['lowered', promotion.degradedBecause],
    ['candidate', promotion.candidateId],
    ['job', promotion.jobId],
    ['branch', promotion.result?.branch],
    ['commit', promotion.result?.commit],
    ['tree', promotion.result?.tree],
    ['superseded by', promotion.supersededBy],
    ['created', promotion.createdAt],
    ['ended', promotion.endedAt],
    ['quorum', promotion.quorum],
    // Of what waits for nobody, everybody is refused.
    [
      'your answer',
      promotion.state !== 'awaiting_approval'
        ? undefined
        : promotion.answerRefused === null
          ? 'is waited for'
          : `refused: ${promotion.answerRefused.message} [${promotion.answerRefused.code}]`,
    ],
  ]),
  ...promotion.askedBecause.flatMap(causeLines),
  ...promotion.approvals.map(
    ({ principal, answer, reason, createdAt }) =>
      `  ${answer} by ${principal.name} at ${createdAt}${reason ? `: ${reason}` : ''}`,
  ),
];

/** What came of it; of one that waits for people, what asks for them. */
const resultOf = ({
  state,
  result,
  reason,
  askedBecause: [first, ...more],
}: Promotion): string | undefined => {
  if (state !== 'awaiting_approval' || first === undefined) return result?.branch ?? reason?.message;
  return `asked: ${first.reason}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
};

const show = (cli: Cli, promotion: Promotion): void => cli.out.result(promotion, () => lines(promotion));

/** Approve and reject, as verbs of whatever noun. */
export const answerVerbs = (noun: Command, verb: VerbMaker): void => {
  for (const answer of ['approve', 'reject'] as const) {
    verb<{ reason?: string; candidate?: string }>(
      noun,
      `${answer} <promotion>`,
      answer === 'approve' ? 'Approve what you looked at' : 'Reject: one is enough to end it',
      async (cli, [id], o) => {
        const client = await cli.client();
        const params = { id: String(id) };
        // Bound to what is there now, so that the answer cannot land on a later candidate.
        const candidateId = o.candidate ?? (await client.call('promotions.get', { params })).candidateId;
        const reason = o.reason === undefined ? {} : { reason: o.reason };
        show(
          cli,
          await client.call('approvals.answer', { params, body: { answer, candidateId, ...reason } }),
        );
      },
    )
      .option('--reason <text>', 'why, for the history')
      .option('--candidate <id>', 'refuse unless it is still this candidate');
  }
};

export const promotionVerbs: Noun = (program, verb) => {
  const promotion = program
    .command('promotion')
    .description('Publishing of candidates, and the approvals for it');

  withLimit(
    verb<PromotionListOptions>(promotion, 'list', 'List promotions, newest first', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const query = { limit: page, state: o.state, sessionId: o.session, repository: o.repository };
      const items = await collect((await cli.client()).pages('promotions.list', { query }, { max }));
      cli.out.table(
        items,
        [
          { title: 'promotion', of: ({ id }) => id },
          { title: 'state', of: ({ state }) => state },
          { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
          { title: 'level', of: ({ level }) => level },
          { title: 'repository', of: ({ repository }) => repository },
          { title: 'target', of: ({ target }) => target },
          { title: 'result', of: resultOf },
        ],
        'No promotions.',
      );
    }),
  )
    .addOption(new Option('--state <state>', 'only in this state').choices(statesOf(promotionStates)))
    .option('--session <session>', 'only of this session')
    .option('--repository <name>', 'only of this repository');

  verb(promotion, 'show <promotion>', 'Show a promotion and the answers given', async (cli, [id]) =>
    show(cli, await (await cli.client()).call('promotions.get', { params: { id: String(id) } })),
  );

  verb(promotion, 'preflight <promotion>', 'What has to hold before it publishes', async (cli, [id]) => {
    const client = await cli.client();
    const answer = await client.call('promotions.preflight', { params: { id: String(id) } });
    cli.out.result(answer, () =>
      answer.checks
        .flatMap(({ check, ok, why, fix }) => [
          `${ok === null ? '?' : ok ? '✓' : '✗'} ${check}: ${why}`,
          ...(fix === null ? [] : [`    ${fix}`]),
        ])
        .map((line) => line.replace(/\S.*/s, cleanCell)),
    );
  });

  answerVerbs(promotion, verb);

  verb<{ reason?: string }>(
    promotion,
    'abort <promotion>',
    'Take a promotion out of its lane',
    async (cli, [id], o) => {
      const body = o.reason === undefined ? {} : { reason: o.reason };
      show(cli, await (await cli.client()).call('promotions.abort', { params: { id: String(id) }, body }));
    },
  ).option('--reason <text>', 'why, for the history');

  verb(promotion, 'retry <promotion>', 'Put an errored promotion back into its lane', async (cli, [id]) =>
    show(cli, await (await cli.client()).call('promotions.retry', { params: { id: String(id) } })),
  );
};
