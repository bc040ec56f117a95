import { idPrefixes, TriggerDocument, type Trigger } from '@gatehouse/contracts';
import type { Client } from '@gatehouse/client';
import type { Noun } from '../cli.js';
import { readDocument } from '../document.file.js';
import { CliFault } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { ageOf } from '../table.print.js';

const onText = ({ document: { spec } }: Trigger): string =>
  'label' in spec.on ? `label ${spec.on.label}` : `/gatehouse ${spec.on.command}`;

/** By id, by name, or by repository:name where several repositories have one of that name. */
const findTrigger = async (client: Client, wanted: string): Promise<Trigger> => {
  if (new RegExp(`^${idPrefixes.trigger}_[0-9A-Z]{26}$`).test(wanted))
    return client.call('triggers.get', { params: { id: wanted } });
  const all = await collect(client.pages('triggers.list', { query: { limit: 200 } }, { max: 2_000 }));
  const found = all.filter(({ name, repository }) => wanted === name || wanted === `${repository}:${name}`);
  const [one, another] = found;
  if (one !== undefined && another === undefined) return one;
  throw new CliFault(
    'notFound',
    one === undefined ? `there is no trigger "${wanted}"` : `there are several triggers "${wanted}"`,
    'list them with gatehouse trigger list, and name one as repository:name',
  );
};

export const triggerVerbs: Noun = (program, verb) => {
  const trigger = program.command('trigger').description('What makes jobs by itself, and of whose wish');

  verb<{ readonly check?: true }>(
    trigger,
    'put <file>',
    'Store a trigger by its name, - for standard input',
    async (cli, [file], { check }) => {
      const body = await readDocument(cli.io, String(file), TriggerDocument);
      const query = { check: check ? 'true' : 'false' } as const;
      const stored = await (await cli.client()).call('triggers.put', { body, query });
      cli.out.result(stored, () => [
        check
          ? `${stored.name} of ${stored.repository} would be stored: ${onText(stored)}`
          : `${stored.name} of ${stored.repository}: version ${stored.version} is ${stored.state}: ${onText(stored)}`,
      ]);
    },
  ).option('--check', 'only say whether it would be stored');

  withLimit(
    verb<ListOptions & { readonly repo?: string }>(
      trigger,
      'list',
      'List triggers, newest first',
      async (cli, _, o) => {
        const { max, page } = limitOf(o);
        const query = { limit: page, repository: o.repo };
        const items = await collect((await cli.client()).pages('triggers.list', { query }, { max }));
        cli.out.table(
          items,
          [
            { title: 'trigger', of: ({ name }) => name },
            { title: 'repository', of: ({ repository }) => repository },
            { title: 'state', of: ({ state }) => state },
            { title: 'version', of: ({ version }) => version },
            { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
            { title: 'id', of: ({ id }) => id },
            { title: 'fires on', of: onText },
          ],
          'No triggers.',
        );
      },
    ),
  ).option('--repo <name>', 'only of this repository');

  verb(trigger, 'show <trigger>', 'Show a trigger as it was written', async (cli, [wanted]) => {
    const found = await findTrigger(await cli.client(), String(wanted));
    cli.out.result(found, () => JSON.stringify(found.document, null, 2).split('\n'));
  });

  const moves = [
    ['pause', 'triggers.pause', 'Let a trigger fire no more for now'],
    ['resume', 'triggers.resume', 'Let a paused trigger fire again'],
    ['delete', 'triggers.delete', 'Take a trigger away; the jobs that it made stay'],
  ] as const;
  for (const [name, route, summary] of moves)
    verb(trigger, `${name} <trigger>`, summary, async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findTrigger(client, String(wanted));
      const moved: Trigger = await client.call<typeof route>(route, { params: { id } });
      cli.out.result(moved, () => [`${moved.name} of ${moved.repository} is ${moved.state}`]);
    });
};
