import { z } from 'zod';
import { ignore } from '../intent.js';
import { Pull, Review } from '../webhook/payload.js';
import { storable } from '../storable.js';
import { dismissalOf, spoken } from '../command/spoken.js';
import { eventHandler } from './event.handler.js';

const answers: Readonly<Record<string, 'approve' | 'request_changes'>> = {
  approved: 'approve',
  changes_requested: 'request_changes',
};

export const pullRequestReview = eventHandler({
  event: 'pull_request_review',
  actions: {
    submitted: 'the review of a linked principal counts, for the commit it is about',
    dismissed: 'what it approved counts no more, as long as nothing was published by it',
  },
  summary: 'Somebody reviewed a pull request',
  needsPerson: true,
  payload: z.object({
    action: z.string().max(40).nullish(),
    pull_request: Pull,
    /** Of a dismissal that was found: nobody said whose it is. */
    is_heard: z.literal(true).optional(),
    review: Review.extend({ submitted_at: z.string().max(40).nullish() }),
  }),
  handle: ({ action, pull_request: { number, head, base }, review, is_heard: isHeard = false }) => {
    if (head.repo?.id !== base.repo.id) return ignore('fork');
    const at = spoken('review', review.id, review.body ?? '', review.submitted_at ?? '');
    if (action === 'dismissed')
      return { kind: 'dismissal', number, isHeard, at: { ...at, cause: dismissalOf(review.id) } };
    const answer = answers[review.state.toLowerCase()];
    if (answer === undefined) return ignore('comment');
    return {
      kind: 'review',
      answer,
      number,
      commit: review.commit_id,
      text: storable(review.body ?? ''),
      at,
    };
  },
});
