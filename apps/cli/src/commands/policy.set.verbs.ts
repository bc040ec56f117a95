import type { PolicySet } from '@gatehouse/contracts';
import type { Command } from 'commander';
import { randomUUID } from 'node:crypto';
import type { Cli, VerbMaker } from '../cli.js';
import { collect, limitOf, withLimit, type ListOptions } from '../list.options.js';
import { ageOf, short } from '../table.print.js';

interface Reason {
  readonly reason?: string;
}

const show = (cli: Cli, set: PolicySet): void =>
  cli.out.result(set, () => [
    `Policy set ${set.number} is active: ${set.members.length === 0 ? 'the built-in default alone' : `${set.members.length} layers`}`,
    `  ${set.id}  digest ${set.digest}`,
    ...set.members.map(
      ({ layer, repository, name, version, policyId }) =>
        `  ${layer}${repository === null ? '' : ` of ${repository}`}: ${name} version ${version} (${policyId})`,
    ),
  ]);

/** The set to go back to where none is named: the newest one that says something else than the active one. */
const before = async (cli: Cli): Promise<PolicySet | undefined> => {
  const client = await cli.client();
  let active: PolicySet | undefined;
  for await (const set of client.pages('policySets.list', { query: { limit: 100 } })) {
    if (active === undefined) active = set;
    else if (set.digest !== active.digest) return set;
  }
  return undefined;
};

/** `gatehouse policy sets|activate|rollback`: what is active together, and when it became so. */
export const policySetVerbs = (policy: Command, verb: VerbMaker): void => {
  verb<Reason>(
    policy,
    'activate <policies...>',
    'Make stored versions the active ones of their layers, all at once',
    async (cli, policies, { reason = '' }) => {
      const client = await cli.client();
      const body = { policies: [...policies], reason };
      show(cli, await client.call('policySets.create', { body, idempotencyKey: randomUUID() }));
    },
  ).option('--reason <text>', 'why, for those who read it later');

  verb<Reason>(
    policy,
    'rollback [set]',
    'Go back to an earlier policy set; without a name, to the one before the active one',
    async (cli, [named], { reason = '' }) => {
      const restore = named ?? (await before(cli))?.id;
      if (restore === undefined) {
        cli.out.progress('There is no earlier policy set to go back to.');
        return 'refused';
      }
      const client = await cli.client();
      const body = { restore, reason };
      show(cli, await client.call('policySets.create', { body, idempotencyKey: randomUUID() }));
      return 'ok';
    },
  ).option('--reason <text>', 'why, for those who read it later');

  withLimit(
    verb<ListOptions>(policy, 'sets', 'List policy sets, newest first', async (cli, _, o) => {
      const { max, page } = limitOf(o);
      const items = await collect(
        (await cli.client()).pages('policySets.list', { query: { limit: page } }, { max }),
      );
      cli.out.table(
        items,
        [
          { title: 'set', of: ({ id }) => id },
          { title: 'number', of: ({ number }) => number },
          { title: 'active', of: ({ active }) => (active ? 'yes' : 'no') },
          { title: 'layers', of: ({ members }) => members.length },
          { title: 'age', of: ({ createdAt }) => ageOf(createdAt, cli.io.now()) },
          { title: 'digest', of: ({ digest }) => short(digest) },
          { title: 'reason', of: ({ reason }) => reason },
        ],
        'No policy sets: the built-in default policy alone is active.',
      );
    }),
  );
};
