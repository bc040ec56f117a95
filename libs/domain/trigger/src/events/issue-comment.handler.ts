import { z } from 'zod';
import { commandOf } from '../command/command.js';
import { ignore } from '../intent.js';
import { Comment, Issue } from '../webhook/payload.js';
import { snapshotOf } from '../snapshot.js';
import { storable } from '../storable.js';
import { spoken } from '../command/spoken.js';
import { eventHandler } from './event.handler.js';
import { isOurs } from './own.js';

export const issueComment = eventHandler({
  event: 'issue_comment',
  actions: { created: 'a command at the beginning of a line is obeyed' },
  summary: 'Somebody wrote under an issue or pull request',
  needsPerson: true,
  payload: z.object({ issue: Issue, comment: Comment }),
  handle: ({ issue, comment }, { appId }) => {
    if (isOurs(comment, appId)) return ignore('own');
    const command = commandOf(storable(comment.body));
    if (command === undefined) return ignore('command');
    const isPull = issue.pull_request !== undefined && issue.pull_request !== null;
    return {
      kind: 'command',
      command,
      number: issue.number,
      issue: isPull ? null : snapshotOf(issue),
      at: spoken('comment', comment.id, comment.body, comment.created_at),
    };
  },
});
