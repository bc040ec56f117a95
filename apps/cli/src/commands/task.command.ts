import { TaskState } from '@gatehouse/contracts';
import { Option } from 'commander';
import type { Noun } from '../cli.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { ageOf } from '../table.print.js';

interface TaskListOptions extends ListOptions {
  readonly state?: (typeof TaskState.options)[number];
  readonly type?: string;
}

export const taskVerbs: Noun = (program, verb) => {
  const task = program.command('task').description('Durable tasks of the plane, and those that died');

  withLimit(
    verb<TaskListOptions>(task, 'list', 'List tasks, newest first', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const query = { limit: page, state: o.state, type: o.type };
      const items = await collect((await cli.client()).pages('tasks.list', { query }, { max }));
      cli.out.table(
        items,
        [
          { title: 'task', of: ({ id }) => id },
          { title: 'type', of: ({ type }) => type },
          { title: 'state', of: ({ state }) => state },
          { title: 'tries', of: ({ attempts, maxAttempts }) => `${attempts}/${maxAttempts}` },
          { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
          {
            title: 'last error',
            of: ({ outageSince, runAt, lastError }) =>
              outageSince === null
                ? lastError
                : `no answer for ${ageOf(outageSince, cli.io.now())}, next try ${runAt}: ${lastError}`,
          },
        ],
        'No tasks.',
      );
    }),
  )
    .addOption(new Option('--state <state>', 'only in this state').choices(TaskState.options))
    .option('--type <type>', 'only of this type');

  verb(task, 'retry <task>', 'Run a dead task again', async (cli, [id]) => {
    const retried = await (await cli.client()).call('tasks.retry', { params: { id: String(id) } });
    cli.out.result(retried, () => [`${retried.id} (${retried.type}) is ${retried.state}`]);
  });
};
