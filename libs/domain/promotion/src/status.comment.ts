import { pullRequestStates, type PullRequestState } from '@gatehouse/contracts';

export interface StatusParts {
  readonly state: PullRequestState;
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
    `**Gatehouse**: ${pullRequestStates.states[parts.state].summary}.`,
    '',
    `Published last: \`${parts.commit}\`, candidate \`${parts.alias}\`, session ${
      parts.sessionUrl === undefined
        ? `\`${parts.sessionId}\``
        : `[\`${parts.sessionId}\`](${parts.sessionUrl})`
    }.`,
    '',
    next[parts.state],
  ].join('\n');
