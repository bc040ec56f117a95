import { pullRequestStates, type PullRequestState } from '@gatehouse/contracts';
import { fenced } from './pull-request.body.js';

export interface StatusParts {
  readonly state: PullRequestState;
  /** Its job was cancelled. */
  readonly isCancelled: boolean;
  /** What came of the last attempt, where that is more than what was published. */
  readonly note: string | null;
  readonly alias: string;
  readonly commit: string;
  readonly sessionId: string;
  readonly sessionUrl: string | undefined;
}

const next: Readonly<Record<PullRequestState, string>> = {
  open: 'To ask for a change, write a review comment that begins with `/gatehouse`. `/gatehouse status` says where it stands, `/gatehouse cancel` ends it.',
  merged: 'The session has ended.',
  closed: 'The session has ended; nothing more is published to this branch.',
};

/** The one comment of ours under a pull request, edited in place. Every word in it is ours. */
export const statusComment = (parts: StatusParts): string =>
  [
    parts.isCancelled
      ? '**Gatehouse**: the job was cancelled, so this pull request is closed.'
      : `**Gatehouse**: ${pullRequestStates.states[parts.state].summary}.`,
    ...(parts.note === null ? [] : ['', fenced(parts.note)]),
    '',
    `Published last: \`${parts.commit}\`, candidate \`${parts.alias}\`, session ${
      parts.sessionUrl === undefined
        ? `\`${parts.sessionId}\``
        : `[\`${parts.sessionId}\`](${parts.sessionUrl})`
    }.`,
    '',
    parts.isCancelled ? next.closed : next[parts.state],
  ].join('\n');
