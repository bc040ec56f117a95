import type { JobInput, JobSpecInput, Trigger } from '@gatehouse/contracts';
import { createHash } from 'node:crypto';
import type { IssueSnapshot } from './intent.js';

const goalLimit = 20_000;
const cutNote = '\n\n[cut here: the issue is longer than a goal may be]';

/** Whether the text of an issue is that of somebody who may write to the repository now. */
export interface AuthorTrust {
  readonly trust: JobInput['trust'];
  readonly reason: string;
}

export interface FiredBy {
  readonly trigger: Trigger;
  readonly issue: IssueSnapshot;
  readonly issueUrl: string;
  readonly author: AuthorTrust;
  /** What whoever set it off wrote beside the command, and where. */
  readonly said?: { readonly text: string; readonly url: string };
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

const goalOf = (issue: string, said: string): string => {
  const room = goalLimit - (said === '' ? 0 : said.length + 2);
  const cut = issue.length > room ? `${issue.slice(0, room - cutNote.length)}${cutNote}` : issue;
  // A cut may go through a pair of surrogates.
  const whole = cut.replace(/\p{Cs}/gu, '');
  return said === '' ? whole : `${whole}\n\n${said}`;
};

/** The job that a trigger makes of an issue: its goal is what the issue said at that moment. */
export const jobOf = ({ trigger, issue, issueUrl, author, said }: FiredBy): JobSpecInput => {
  const { document } = trigger;
  const text = [issue.title.trim(), issue.body.trim()].filter((part) => part !== '').join('\n\n');
  const words = said?.text.slice(0, 2000).trim() ?? '';
  const inputs: JobInput[] = [
    { source: issueUrl, trust: author.trust, reason: author.reason, sha256: digest(text) },
    ...(said === undefined || words === ''
      ? []
      : [
          {
            source: said.url,
            trust: 'trusted' as const,
            reason: 'Written by the account that set the trigger off.',
            sha256: digest(words),
          },
        ]),
  ];
  return {
    apiVersion: 'gatehouse.dev/v1',
    kind: 'Job',
    metadata: {
      name: `${trigger.name}-${issue.number}`,
      labels: { trigger: trigger.name, issue: String(issue.number) },
    },
    spec: {
      ...document.spec.job,
      repository: trigger.repository,
      goal: goalOf(text === '' ? `Issue ${issue.number}` : text, words),
      inputs,
    },
  };
};
