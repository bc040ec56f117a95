import type { Noun } from '../cli.js';
import { CliFault } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { findPrincipal } from '../lookup.js';
import { ageOf } from '../table.print.js';

interface CreateOptions {
  readonly name?: string;
  readonly days?: string;
  readonly output?: string;
}

export const tokenVerbs: Noun = (program, verb) => {
  const token = program.command('token').description('Credentials of principals');

  verb<CreateOptions>(
    token,
    'create <principal>',
    'Issue a token; its secret is shown this once, alone on stdout',
    async (cli, [wanted], o) => {
      if (o.days !== undefined && !/^[1-9]\d{0,2}$/.test(o.days)) {
        throw new CliFault('usage', `"${o.days}" is not a number of days`, 'give --days 1 to 366');
      }
      const client = await cli.client();
      const { id, name } = await findPrincipal(client, String(wanted));
      const created = await client.call('tokens.create', {
        body: {
          principalId: id,
          ...(o.name === undefined ? {} : { name: o.name }),
          ...(o.days === undefined ? {} : { expiresInDays: Number(o.days) }),
        },
      });
      const { token: made, secret } = created;
      cli.out.progress(
        `Token ${made.id} of ${name}, until ${made.expiresAt ?? 'revoked'}. Its secret cannot be shown again.`,
      );
      if (o.output === undefined) return cli.out.result(created, () => [secret]);
      await cli.io
        .write(o.output, new TextEncoder().encode(`${secret}\n`), 0o600)
        .catch(async (cause: unknown) => {
          // A secret that nobody has must not go on working.
          await client.call('tokens.revoke', { params: { id: made.id } });
          throw new CliFault(
            'usage',
            `${o.output} cannot be written (${String((cause as Error).message)}); the token was revoked`,
            'name a new file',
            { cause },
          );
        });
      cli.out.result({ token: made, file: o.output }, () => [`${o.output} holds the secret, for you alone`]);
    },
  )
    .option('--name <name>', 'what it is for')
    .option('--days <n>', 'valid this long (default: 90)')
    .option('-o, --output <file>', 'a new file of mode 0600 for the secret, instead of stdout');

  withLimit(
    verb<ListOptions>(token, 'list', 'List tokens, never their secrets', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const items = await collect(
        (await cli.client()).pages('tokens.list', { query: { limit: page } }, { max }),
      );
      cli.out.table(
        items,
        [
          { title: 'token', of: ({ id }) => id },
          { title: 'principal', of: ({ principalId }) => principalId },
          {
            title: 'state',
            of: ({ revokedAt, expiresAt }) =>
              revokedAt ? 'revoked' : expiresAt && Date.parse(expiresAt) < cli.io.now() ? 'expired' : 'valid',
          },
          { title: 'until', of: ({ expiresAt }) => expiresAt?.slice(0, 10) },
          { title: 'used', of: ({ lastUsedAt }) => ageOf(lastUsedAt, cli.io.now()) },
          { title: 'name', of: ({ name }) => name },
        ],
        'No tokens.',
      );
    }),
  );

  verb(token, 'revoke <token>', 'Stop a token from working, at once', async (cli, [id]) => {
    const revoked = await (await cli.client()).call('tokens.revoke', { params: { id: String(id) } });
    cli.out.result(revoked, () => [`${revoked.id} was revoked at ${revoked.revokedAt ?? 'once'}`]);
  });
};
