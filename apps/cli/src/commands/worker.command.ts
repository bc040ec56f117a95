import { InvalidArgumentError } from 'commander';
import type { Noun } from '../cli.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { findWorker } from '../lookup.js';
import { ageOf } from '../table.print.js';

const verbs = {
  drain: { state: 'draining', summary: 'Let it finish what it has, give it nothing new' },
  cordon: { state: 'cordoned', summary: 'Keep it from new leases until it is resumed' },
  resume: { state: 'ready', summary: 'Let it take leases again' },
} as const;

/** `name=value` sets, `name-` takes away. */
const relabel = (
  labels: Readonly<Record<string, string>>,
  words: readonly string[],
): Record<string, string> => {
  const set = new Map(Object.entries(labels));
  for (const word of words) {
    const [, name = '', sign, value = ''] = /^([^=]+?)(?:(=)(.*)|-)$/s.exec(word) ?? [];
    if (name === '')
      throw new InvalidArgumentError(`${word} is neither name=value nor name- (to take it away).`);
    if (sign) set.set(name, value);
    else set.delete(name);
  }
  return Object.fromEntries(set);
};

export const workerVerbs: Noun = (program, verb) => {
  const worker = program.command('worker').description('Where attempts run');

  withLimit(
    verb<ListOptions>(worker, 'list', 'List workers', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const items = await collect(
        (await cli.client()).pages('workers.list', { query: { limit: page } }, { max }),
      );
      cli.out.table(
        items,
        [
          { title: 'worker', of: ({ name }) => name },
          { title: 'zone', of: ({ zone }) => zone },
          { title: 'state', of: ({ state }) => state },
          { title: 'leases', of: ({ activeLeases }) => activeLeases },
          { title: 'seen', of: ({ lastSeenAt }) => `${ageOf(lastSeenAt, cli.io.now())} ago` },
          { title: 'isolated', of: ({ isolated }) => (isolated ? 'yes' : 'NO') },
          {
            title: 'labels',
            of: ({ labels }) =>
              Object.entries(labels)
                .map(([name, value]) => `${name}=${value}`)
                .join(','),
          },
          { title: 'version', of: ({ version }) => version },
          { title: 'id', of: ({ id }) => id },
          {
            title: 'sandboxes',
            of: ({ sandboxes }) => sandboxes.map(({ kind, mode }) => `${kind} (${mode})`).join(', '),
          },
        ],
        'No workers. gatehouse doctor says why.',
      );
    }),
  );

  for (const [name, { state, summary }] of Object.entries(verbs)) {
    verb(worker, `${name} <worker>`, summary, async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findWorker(client, String(wanted));
      const changed = await client.call('workers.change', { params: { id }, body: { state } });
      cli.out.result(changed, () => [
        `${changed.name} is ${changed.state}, ${changed.activeLeases} leases active`,
      ]);
    });
  }

  verb(
    worker,
    'label <worker> <labels...>',
    'Set labels (name=value) or take them away (name-); jobs ask for them in requires.labels',
    async (cli, [wanted, words]) => {
      const client = await cli.client();
      const { id, labels } = await findWorker(client, String(wanted));
      const body = { labels: relabel(labels, words as unknown as string[]) };
      const changed = await client.call('workers.change', { params: { id }, body });
      cli.out.result(changed, () => [
        `${changed.name} has ${
          Object.entries(changed.labels)
            .map(([name, value]) => `${name}=${value}`)
            .join(', ') || 'no labels'
        }`,
      ]);
    },
  );
};
