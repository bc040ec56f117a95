import type { Noun } from '../cli.js';
import { CliFault } from '../exit.code.js';
import { ageOf } from '../table.print.js';

export const keyVerbs: Noun = (program, verb) => {
  const key = program
    .command('key')
    .description('Public keys that proofs of published changes are checked with');

  verb(key, 'list', 'List the keys, the newest first', async (cli) => {
    const { items } = await (await cli.client()).call('keys.list', {});
    cli.out.table(
      items,
      [
        { title: 'key', of: ({ id }) => id },
        { title: 'signs', of: ({ id }) => (id === items[0]?.id ? 'yes' : 'no longer') },
        { title: 'age', of: ({ since }) => ageOf(since, cli.io.now()) },
      ],
      'No proof was signed yet.',
    );
  });

  verb<{ out?: string }>(
    key,
    'export',
    'Print all public keys as PEM, for gatehouse verify --key',
    async (cli, _, o) => {
      const { items } = await (await cli.client()).call('keys.list', {});
      if (items.length === 0)
        throw new CliFault('notFound', 'there is no key yet', 'start the plane once, then export again');
      const text = items.map(({ pem }) => `${pem.trimEnd()}\n`).join('');
      if (o.out === undefined) return cli.out.result({ items }, () => text.trimEnd().split('\n'));
      await cli.io.write(o.out, new TextEncoder().encode(text), 0o644).catch((cause: unknown) => {
        throw new CliFault('usage', `${o.out} cannot be written`, 'give a path where no file is', { cause });
      });
      cli.out.result({ items, file: o.out }, () => [
        `${items.length === 1 ? '1 key is' : `${items.length} keys are`} in ${o.out}`,
      ]);
    },
  ).option('--out <file>', 'file to make');
};
