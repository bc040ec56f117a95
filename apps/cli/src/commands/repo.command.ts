import { resolve } from 'node:path';
import { AddRepository, type Repository } from '@gatehouse/contracts';
import { Argument, Option } from 'commander';
import type { Cli, Noun } from '../cli.js';
import { CliFault } from '../exit.code.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { findRepository } from '../lookup.js';
import { ageOf, fieldLines } from '../table.print.js';

const show = (cli: Cli, repository: Repository): void =>
  cli.out.result(repository, () => [
    ...fieldLines([
      ['repository', repository.id],
      ['name', repository.name],
      ['source', repository.source],
      ['mode', repository.mode],
      ['branch', repository.defaultBranch],
      ['fetched', repository.mirror.fetchedAt ?? 'never'],
      ['error', repository.mirror.error],
    ]),
    ...repository.mirror.warnings.map((warning) => `  warning: ${warning}`),
  ]);

export const repoVerbs: Noun = (program, verb) => {
  const repo = program.command('repo').description('Repositories that jobs may work on');

  verb<{ mode: 'staged' | 'live' }>(
    repo,
    'add <name> <source>',
    'Register a repository by path or https URL',
    async (cli, [name, given], o) => {
      const text = String(given);
      const source = /^[a-z][a-z0-9+.-]*:/i.test(text) ? text : resolve(text);
      const parsed = AddRepository.safeParse({ name, source, mode: o.mode });
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new CliFault(
          'usage',
          `${issue?.path.map(String).join('.')}: ${issue?.message}`,
          'mend it and run it again',
        );
      }
      show(
        cli,
        await (await cli.client()).call('repositories.add', { body: parsed.data, timeoutMs: 300_000 }),
      );
    },
  ).addOption(
    new Option('--mode <mode>', 'staged: everything runs, nothing is published')
      .choices(['staged', 'live'])
      .default('staged'),
  );

  withLimit(
    verb<ListOptions>(repo, 'list', 'List repositories', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const items = await collect(
        (await cli.client()).pages('repositories.list', { query: { limit: page } }, { max }),
      );
      cli.out.table(
        items,
        [
          { title: 'repository', of: ({ name }) => name },
          { title: 'mode', of: ({ mode }) => mode },
          { title: 'fetched', of: ({ mirror }) => ageOf(mirror.fetchedAt, cli.io.now()) },
          { title: 'branch', of: ({ defaultBranch }) => defaultBranch },
          { title: 'id', of: ({ id }) => id },
          {
            title: 'source',
            of: ({ source, mirror }) => (mirror.error ? `${source} (${mirror.error})` : source),
          },
        ],
        'No repositories. Register one with gatehouse repo add NAME PATH.',
      );
    }),
  );

  verb(repo, 'show <repository>', 'Show a repository, by name or id', async (cli, [wanted]) =>
    show(cli, await findRepository(await cli.client(), String(wanted))),
  );

  verb(
    repo,
    'mode <repository>',
    'Publish its promotions (live) or hold them back (staged)',
    async (cli, [wanted, mode]) => {
      const client = await cli.client();
      const { id } = await findRepository(client, String(wanted));
      show(
        cli,
        await client.call('repositories.change', {
          params: { id },
          body: { mode: mode as 'staged' | 'live' },
        }),
      );
    },
  ).addArgument(new Argument('<mode>').choices(['staged', 'live']));

  verb(repo, 'fetch <repository>', 'Bring its mirror up to date', async (cli, [wanted]) => {
    const client = await cli.client();
    const { id } = await findRepository(client, String(wanted));
    show(cli, await client.call('repositories.fetch', { params: { id } }));
    cli.out.progress('The fetch is queued; gatehouse repo show says when it is done.');
  });
};
