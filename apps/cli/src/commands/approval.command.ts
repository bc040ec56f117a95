import type { Noun } from '../cli.js';
import { ageOf } from '../table.print.js';
import { answerVerbs } from './promotion.command.js';

export const approvalVerbs: Noun = (program, verb) => {
  const approval = program
    .command('approval')
    .description('Answers of people to what waits for them; gatehouse promotion list names it');

  verb(approval, 'list <promotion>', 'List the answers given that count', async (cli, [id]) => {
    const client = await cli.client();
    const { items } = await client.call('approvals.list', { params: { id: String(id) } });
    const now = cli.io.now();
    cli.out.table(
      items,
      [
        { title: 'answer', of: ({ answer }) => answer },
        { title: 'by', of: ({ principal }) => principal.name },
        { title: 'age', of: ({ createdAt }) => ageOf(createdAt, now) },
        { title: 'until', of: ({ expiresAt }) => expiresAt },
        { title: 'id', of: ({ id: own }) => own },
        { title: 'reason', of: ({ reason }) => reason },
      ],
      'Nobody has answered.',
    );
  });

  answerVerbs(approval, verb);
};
