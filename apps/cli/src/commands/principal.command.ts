import { PrincipalKind, Role, TrustZone, type Principal } from '@gatehouse/contracts';
import { randomUUID } from 'node:crypto';
import { InvalidArgumentError, Option } from 'commander';
import type { Cli, Noun } from '../cli.js';
import { collect, gather, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { findPrincipal } from '../lookup.js';
import { ageOf } from '../table.print.js';

interface CreateOptions {
  readonly kind: Principal['kind'];
  readonly role: Role[];
  readonly zone?: TrustZone;
}

interface LinkOptions {
  readonly github: string;
  readonly id?: string;
}

const show = (cli: Cli, principal: Principal): void =>
  cli.out.result(principal, () => [
    `${principal.name} (${principal.id}): ${principal.kind}${principal.zone ? ` of zone ${principal.zone}` : ''}, ${principal.roles.join(', ')}${principal.disabled ? ', disabled' : ''}`,
  ]);

export const principalVerbs: Noun = (program, verb) => {
  const principal = program.command('principal').description('Who may do what');

  verb<CreateOptions>(
    principal,
    'create <name>',
    'Make a principal',
    async (cli, [name], { kind, role, zone }) =>
      show(
        cli,
        await (
          await cli.client()
        ).call('principals.create', {
          body: { name: String(name), kind, roles: role, ...(zone && { zone }) },
          idempotencyKey: randomUUID(),
        }),
      ),
  )
    .addOption(new Option('--kind <kind>', 'what it is').choices(PrincipalKind.options).default('user'))
    .addOption(
      new Option(
        '--zone <zone>',
        'of a worker, for good: agent runs agents, validator the commands that judge them',
      ).choices(TrustZone.options),
    )
    .addOption(
      new Option('--role <role>', 'a role; may be given several times')
        .choices(Role.options)
        .argParser((value: string, before: string[] | undefined) => {
          // choices() is replaced by a parser of one's own, so it is checked here.
          if (!(Role.options as string[]).includes(value))
            throw new InvalidArgumentError(`Allowed choices are ${Role.options.join(', ')}.`);
          return gather(value, before);
        })
        .makeOptionMandatory(),
    );

  withLimit(
    verb<ListOptions>(principal, 'list', 'List principals', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const items = await collect(
        (await cli.client()).pages('principals.list', { query: { limit: page } }, { max }),
      );
      cli.out.table(
        items,
        [
          { title: 'principal', of: ({ name }) => name },
          { title: 'kind', of: ({ kind }) => kind },
          { title: 'state', of: ({ disabled }) => (disabled ? 'disabled' : 'enabled') },
          { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
          { title: 'id', of: ({ id }) => id },
          { title: 'roles', of: ({ roles }) => roles.join(', ') },
        ],
        'No principals.',
      );
    }),
  );

  verb<LinkOptions>(
    principal,
    'link <principal>',
    'Let an account at a forge stand for a principal, e.g. to approve from there',
    async (cli, [wanted], { github, id: userId }) => {
      const client = await cli.client();
      const { id, name } = await findPrincipal(client, String(wanted));
      const body = { login: github, ...(userId !== undefined && { userId }) };
      const linked = await client.call('identities.link', { params: { id }, body });
      const { principalId } = linked;
      // The one named may itself stand for another.
      const person =
        principalId === id
          ? name
          : (await client.call('principals.get', { params: { id: principalId } })).name;
      cli.out.result(linked, () => [
        `${linked.login} of ${linked.forge} stands for ${person}${
          linked.userId === null ? ', from the first time that the account is seen' : ''
        }`,
      ]);
    },
  )
    .addOption(new Option('--github <login>', 'its login at GitHub').makeOptionMandatory())
    .option(
      '--id <number>',
      'its number there; left out, that of the account which was, or is first, seen with the login',
    );

  for (const disabled of [true, false]) {
    const summary = disabled ? 'Stop all its tokens from working' : 'Let it work again';
    verb(principal, `${disabled ? 'disable' : 'enable'} <principal>`, summary, async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findPrincipal(client, String(wanted));
      show(cli, await client.call('principals.change', { params: { id }, body: { disabled } }));
    });
  }
};
