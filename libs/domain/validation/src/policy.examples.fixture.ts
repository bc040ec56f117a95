import { contentActions, PolicyDocument, type PolicyAction, type PromotionLevel } from '@gatehouse/contracts';
import { explain, lintPolicy, rawPathOfText, withDefault, layerOf, type ModeWord } from '@gatehouse/policy';
import { parse } from 'yaml';
import { gates } from './gates/index.js';

/** One document of docs/policy.md with the commands that are put to it. */
export interface PolicyExample {
  readonly title: string;
  readonly document: string;
  readonly console: string;
}

export const examplesIn = (page: string): PolicyExample[] =>
  [...page.matchAll(/^### (\d+\. [^\n]+)\n(.*?)```yaml\n(.*?)```\n\n```console\n(.*?)```/gms)].map(
    ([, title = '', , document = '', console = '']) => ({ title, document, console }),
  );

const words = { permit: 'yes', forbid: 'no', require_approval: 'only with an approval' } as const;

const explained = (document: PolicyDocument, command: string): string => {
  // gatehouse policy explain <repository> <action> <resource> …
  const [action = '', resource = '', ...flags] = command.split(' ').slice(4);
  const valueOf = (flag: string): string | undefined => {
    const at = flags.indexOf(flag);
    return at < 0 ? undefined : flags[at + 1];
  };
  const said = explain(
    withDefault([layerOf(document)]),
    {
      subject: contentActions.includes(action as PolicyAction)
        ? null
        : { name: 'ann', kind: 'user', roles: ['requester'] },
      action: action as PolicyAction,
      resource: rawPathOfText(resource),
      context: {
        tainted: flags.includes('--tainted'),
        level: (valueOf('--level') as PromotionLevel | undefined) ?? null,
      },
    },
    valueOf('--mode') as ModeWord | undefined,
  );
  return `${words[said.effect]}: ${said.reason}`;
};

/** What the commands of an example answer, as the page shows it. */
export const answered = ({ document, console }: PolicyExample): string => {
  const read = PolicyDocument.parse(parse(document));
  const lines = console.split('\n').filter((line) => line.startsWith('$ '));
  return lines
    .map((line) => {
      const command = line.slice(2);
      const answer = command.startsWith('gatehouse policy lint')
        ? lintPolicy(read, { others: withDefault([]), gates })
            .map(({ severity, field, message, fix }) => `${severity} ${field}: ${message}\n    ${fix}`)
            .join('\n')
        : explained(read, command);
      return `${line}\n${answer}\n`;
    })
    .join('');
};
