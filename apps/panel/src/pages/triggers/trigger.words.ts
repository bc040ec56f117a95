import type { TriggerDocument } from '@gatehouse/contracts';

type Spec = TriggerDocument['spec'];

/** What sets it off, in a few words. */
export const listensTo = ({ on }: Pick<Spec, 'on'>): { readonly what: string; readonly text: string } =>
  'label' in on ? { what: 'label', text: on.label } : { what: 'comment', text: `/gatehouse ${on.command}` };

const rights: Readonly<Record<Spec['who']['permission'], string>> = {
  triage: 'triage issues',
  write: 'write to the repository',
  maintain: 'maintain the repository',
  admin: 'administer the repository',
};

/** Who may set it off, as the forge knows them. */
export const whoMay = ({ who }: Pick<Spec, 'who'>): string => `whoever may ${rights[who.permission]}`;

export const ofStrangers = ({ who }: Pick<Spec, 'who'>): string =>
  who.unknown === 'create'
    ? 'get a principal that may request jobs and nothing else'
    : 'are refused until somebody links them to a principal';

/** Which sentence says it all. */
export const triggerSentence = (spec: Spec): string => {
  const { what, text } = listensTo(spec);
  return `${what === 'label' ? `The label ${text} on an issue` : `The comment ${text} under an issue`} of ${spec.repository} makes a job, for ${whoMay(spec)}.`;
};

export const commandLine = (args: readonly string[]): string =>
  args.map((arg) => (/^[\w./:=@%+,-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", "'\\''")}'`)).join(' ');
