import { PolicyDocument } from '@gatehouse/contracts';
import { randomUUID } from 'node:crypto';
import type { Noun } from '../cli.js';
import { readDocument } from '../document.file.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { findRepository } from '../lookup.js';
import { ageOf, fieldLines, short } from '../table.print.js';
import { policySetVerbs } from './policy.set.verbs.js';
import { policyTrialVerbs } from './policy.trial.verbs.js';

export const policyVerbs: Noun = (program, verb) => {
  const policy = program.command('policy').description('What jobs may do, layer by layer');

  verb<{ readonly store?: true }>(
    policy,
    'apply <file>',
    'Store a policy and make it the active one of its layer, - for standard input',
    async (cli, [file], { store }) => {
      const body = await readDocument(cli.io, String(file), PolicyDocument);
      const query = { activate: store ? 'false' : 'true' } as const;
      const stored = await (
        await cli.client()
      ).call('policies.store', { body, query, idempotencyKey: randomUUID() });
      const place = `${stored.layer}${stored.repository ? ` of ${stored.repository}` : ''}`;
      cli.out.result(stored, () => [
        stored.active
          ? `${stored.name}: version ${stored.version} is active in layer ${place}`
          : `${stored.name}: version ${stored.version} of layer ${place} is stored, and not active`,
        `  ${stored.id}  digest ${stored.digest}`,
        ...(stored.active ? [] : [`  make it active: gatehouse policy activate ${stored.id}`]),
      ]);
    },
  ).option('--store', 'store it only; gatehouse policy activate makes it count');

  policySetVerbs(policy, verb);
  policyTrialVerbs(policy, verb);

  withLimit(
    verb<ListOptions>(policy, 'list', 'List policy versions, newest first', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const items = await collect(
        (await cli.client()).pages('policies.list', { query: { limit: page } }, { max }),
      );
      cli.out.table(
        items,
        [
          { title: 'policy', of: ({ id }) => id },
          { title: 'layer', of: ({ layer }) => layer },
          { title: 'repository', of: ({ repository }) => repository },
          { title: 'name', of: ({ name }) => name },
          { title: 'version', of: ({ version }) => version },
          { title: 'active', of: ({ active }) => (active ? 'yes' : 'no') },
          { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
          { title: 'digest', of: ({ digest }) => short(digest) },
        ],
        'No policies.',
      );
    }),
  );

  verb(policy, 'show <policy>', 'Show one policy version as it was written', async (cli, [id]) => {
    const found = await (await cli.client()).call('policies.get', { params: { id: String(id) } });
    cli.out.result(found, () => JSON.stringify(found.document, null, 2).split('\n'));
  });

  verb(
    policy,
    'effective <repository>',
    'Show what all layers together permit for a repository',
    async (cli, [wanted]) => {
      const client = await cli.client();
      const { id } = await findRepository(client, String(wanted));
      const found = await client.call('repositories.policy', { params: { id } });
      const { limits, promotion } = found;
      cli.out.result(found, () =>
        fieldLines([
          ['digest', found.digest],
          ['layers', found.layers.map(({ layer, name }) => `${layer} ${name}`).join(', ')],
          ['allowed', found.allowedPaths.map((globs) => `[${globs.join(', ')}]`).join(' and ') || 'nothing'],
          ['forbidden', found.forbiddenPaths.join(', ')],
          ['artifacts', found.runtimeArtifacts.join(', ')],
          ['symlinks', found.symlinks],
          ['gitlinks', found.gitlinks],
          ['executables', found.executables],
          [
            'limits',
            Object.entries(limits)
              .map(([name, value]) => `${name} ${value}`)
              .join(', '),
          ],
          ['capabilities', found.capabilities.join(', ') || 'none'],
          ['adapters', found.adapters.join(', ') || 'none'],
          ['commands', found.commands.map(({ name }) => name).join(', ')],
          ['publish', `up to ${promotion.maxLevel}, ${promotion.quorum} approvals`],
          [
            'speculation',
            promotion.speculativeWindow === null
              ? 'none'
              : `up to ${promotion.speculativeWindow} on top of one another`,
          ],
          ['targets', promotion.targets.map((globs) => `[${globs.join(', ')}]`).join(' and ')],
        ]),
      );
    },
  );
};
