import {
  policyActions,
  PolicyAction,
  PolicyDocument,
  type PolicyFlip,
  type PolicyLint,
} from '@gatehouse/contracts';
import { Option, type Command } from 'commander';
import type { VerbMaker } from '../cli.js';
import { readDocument } from '../document.file.js';
import { CliFault } from '../exit.code.js';
import { findPrincipal } from '../lookup.js';
import { ageOf } from '../table.print.js';

interface ExplainOptions {
  readonly as?: string;
  readonly tainted?: true;
  readonly level?: 'patch' | 'branch' | 'draft_pr';
  readonly mode?: 'symlink' | 'gitlink' | 'executable';
}

interface SimulateOptions {
  readonly last?: string;
  readonly set?: string;
}

const answers = { permit: 'yes', forbid: 'no', require_approval: 'only with an approval' } as const;

const lintLines = ({ severity, field, message, fix }: PolicyLint): string[] => [
  `${severity} ${field}: ${message}`,
  `    ${fix}`,
];

const flipColumns = (now: number) => [
  { title: 'kind', of: ({ kind }: PolicyFlip) => kind },
  { title: 'what', of: ({ what }: PolicyFlip) => what },
  { title: 'was', of: ({ was }: PolicyFlip) => was },
  { title: 'would', of: ({ would }: PolicyFlip) => would },
  { title: 'by', of: ({ rule }: PolicyFlip) => rule ?? '' },
  { title: 'age', of: ({ at }: PolicyFlip) => ageOf(at, now) },
  { title: 'reason', of: ({ reason }: PolicyFlip) => reason },
];

const actionOf = (given: string): PolicyAction => {
  const parsed = PolicyAction.safeParse(given);
  if (parsed.success) return parsed.data;
  const known = Object.keys(policyActions).join(', ');
  throw new CliFault('usage', `there is no action ${given}`, `name one of ${known}`);
};

/** `gatehouse policy explain|lint|simulate`: questions that change nothing. */
export const policyTrialVerbs = (policy: Command, verb: VerbMaker): void => {
  verb<ExplainOptions>(
    policy,
    'explain <repository> <action> [resource]',
    'Say whether the active policies permit something, and why or why not; - for a task without a repository',
    async (cli, [repository, action, resource = ''], { as, tainted, level, mode }) => {
      const asked = actionOf(String(action));
      const client = await cli.client();
      const who = as === undefined ? undefined : await findPrincipal(client, as);
      const said = await client.call('policies.explain', {
        body: {
          ...(repository === '-' ? {} : { repository: String(repository) }),
          ...(who && { subject: { name: who.name, kind: who.kind, roles: who.roles } }),
          action: asked,
          resource,
          context: { tainted: tainted === true, ...(level && { level }), ...(mode && { mode }) },
        },
      });
      cli.out.result(said, () => [
        `${answers[said.effect]}: ${said.reason}`,
        ...said.layers.map(
          ({ layer, name, effect, reason }) => `  ${layer} ${name}: ${effect ?? '-'}. ${reason}`,
        ),
        `  policy digest ${said.policyDigest}`,
      ]);
      return said.effect === 'forbid' ? 'refused' : 'ok';
    },
  )
    .option('--as <principal>', 'who asks (default: you)')
    .option('--tainted', 'as if the session had taken untrusted input')
    .addOption(
      new Option('--level <level>', 'the level the job asks for').choices(['patch', 'branch', 'draft_pr']),
    )
    .addOption(
      new Option('--mode <mode>', 'what a path becomes, for mode.change').choices([
        'symlink',
        'gitlink',
        'executable',
      ]),
    );

  verb(
    policy,
    'lint <file>',
    'Say what is odd about a policy document beside the active ones, - for standard input',
    async (cli, [file]) => {
      const body = await readDocument(cli.io, String(file), PolicyDocument);
      const { items } = await (await cli.client()).call('policies.lint', { body });
      cli.out.result({ items }, () =>
        items.length === 0 ? ['Nothing is odd about it.'] : items.flatMap(lintLines),
      );
      return items.some(({ severity }) => severity === 'error') ? 'refused' : 'ok';
    },
  );

  verb<SimulateOptions>(
    policy,
    'simulate [file]',
    'Say which stored decisions and verdicts would flip under a proposed policy, - for standard input',
    async (cli, [file], { last = '1000', set }) => {
      if ((file === undefined) === (set === undefined))
        throw new CliFault('usage', 'name a file or a set', 'give one of the two: FILE or --set <set>');
      if (!/^[1-9]\d{0,4}$/.test(last) || Number(last) > 10_000)
        throw new CliFault('usage', `--last ${last} is no count`, 'give a number from 1 to 10000');
      const document = file === undefined ? undefined : await readDocument(cli.io, file, PolicyDocument);
      const client = await cli.client();
      const found = await client.call('policies.simulate', {
        body: { ...(document ? { document } : { policySet: String(set) }), last: Number(last) },
      });
      const { examined, flipped, undetermined, flips, complete } = found;
      if (cli.out.asJson) cli.out.result(found, () => []);
      else cli.out.table(flips, flipColumns(cli.io.now()), 'Nothing would flip.');
      cli.out.progress(
        `${flipped} of ${examined.decisions} decisions and ${examined.verdicts} verdicts would flip` +
          `${undetermined === 0 ? '' : `, ${undetermined} cannot be told`}` +
          `${flips.length < flipped + undetermined ? `; the newest ${flips.length} are listed` : ''}` +
          `${complete ? '' : '; time ran out before all were looked at'}.`,
      );
    },
  )
    .option('--last <n>', 'how many decisions and verdicts to look at, newest first (default 1000)')
    .option('--set <set>', 'an earlier policy set instead of a file');
};
