import { z } from 'zod';
import { commandOf } from '../command/command.js';
import { ignore } from '../intent.js';
import { Comment, Pull } from '../webhook/payload.js';
import { storable } from '../storable.js';
import { spoken } from '../command/spoken.js';
import { eventHandler } from './event.handler.js';
import { isOurs } from './own.js';

export const pullRequestReviewComment = eventHandler({
  event: 'pull_request_review_comment',
  actions: { created: 'a command at the beginning of a line is obeyed; other words ask for a change' },
  summary: 'Somebody wrote at a line of a pull request',
  needsPerson: true,
  payload: z.object({
    pull_request: Pull,
    comment: Comment.extend({ path: z.string().max(4096).optional() }),
  }),
  handle: ({ pull_request: { number, head, base }, comment }, { appId }) => {
    if (isOurs(comment, appId)) return ignore('own');
    if (head.repo?.id !== base.repo.id) return ignore('fork');
    const command = commandOf(storable(comment.body));
    if (command === undefined) return ignore('command');
    const place =
      command.verb === 'change' && comment.path !== undefined ? `${storable(comment.path)}: ` : '';
    return {
      kind: 'command',
      command: { ...command, text: `${place}${command.text}` },
      number,
      issue: null,
      at: spoken('review_comment', comment.id, comment.body, comment.created_at),
    };
  },
});
