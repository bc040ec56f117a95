import type { Job } from '@gatehouse/contracts';

/** Names and messages as code: nothing in them is read as a mention, a link, an image or a command. */
export const code = (text: string): string =>
  `\`${
    text
      .replace(/\p{C}+|\s+/gu, ' ')
      .replaceAll('`', "'")
      .slice(0, 500)
      .trim() || '?'
  }\``;

const said = (text: string): string => `**Gatehouse**: ${text}`;

export const jobLink = (publicUrl: string | undefined, jobId: string): string =>
  publicUrl === undefined ? code(jobId) : `[${code(jobId)}](${publicUrl}/panel/jobs/${jobId})`;

export const tookText = (link: string, trigger: string, requester: string): string =>
  said(
    `took this: job ${link}, by the trigger ${code(trigger)}, asked for by ${code(requester)}.\n\n` +
      'The text of the issue is what it was at that moment. `/gatehouse status` says where it stands, `/gatehouse cancel` ends it.',
  );

export const runsText = (link: string): string =>
  said(`a job for this runs already: ${link}. \`/gatehouse cancel\` ends it.`);

export const statusText = (link: string, { phase, reason }: Pick<Job, 'phase' | 'reason'>): string =>
  said(
    `job ${link} is ${code(phase.replaceAll('_', ' '))}.${reason === null ? '' : ` Why: ${code(reason)}.`}`,
  );

export const refusedText = (what: string, why: string): string => said(`${what} was refused. ${code(why)}`);

export const doneText = (what: string): string => said(what);

const usage = [
  ['run', 'makes a job of this issue'],
  ['status', 'says where its job stands'],
  ['cancel', 'ends it'],
  ['retry', 'makes another job after one has ended; under a pull request, publishes once more'],
  ['approve', 'and `/gatehouse reject` answer where an approval is needed; a reason may follow'],
  ['triage', 'says what kind of issue this looks like; runs nothing'],
] as const;

export const helpText = (): string =>
  said(
    `this is no command here. There are:\n\n${usage.map(([verb, what]) => `- \`/gatehouse ${verb}\` ${what}`).join('\n')}`,
  );
