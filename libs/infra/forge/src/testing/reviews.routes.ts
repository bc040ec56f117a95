import { atLeast, roleOf } from './access.js';
import { created, invalid, noContent, notFound, ok, paged, refused } from './answer.js';
import { text, type RepositoryCall, type RepositoryRoute } from './call.js';
import { refusedText } from './issues.js';
import { onPull, readPulls, writePulls } from './pulls.routes.js';
import { reviewCommentShape, reviewShape } from './review.shape.js';
import {
  addReviewComment,
  dismissReview,
  submitReview,
  tellOfReview,
  tellOfReviewComment,
} from './reviews.js';
import type { NewReviewComment } from './reviews.js';
import type { PullIssue, Review, ReviewComment, ReviewState } from './world.types.js';

const states: Record<string, Exclude<ReviewState, 'DISMISSED'>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

function commentWanted(body: Record<string, unknown>): NewReviewComment {
  const line = body.line ?? body.position;
  return {
    path: text(body.path) ?? '',
    body: text(body.body) ?? '',
    line: typeof line === 'number' ? line : null,
    startLine: typeof body.start_line === 'number' ? body.start_line : null,
    side: body.side === 'LEFT' ? 'LEFT' : 'RIGHT',
  };
}

async function create(call: RepositoryCall, issue: PullIssue) {
  const { body, world } = call;
  const event = text(body.event);
  const state = event === null ? 'PENDING' : states[event];
  if (state === undefined) return invalid({ resource: 'PullRequestReview', field: 'event', code: 'invalid' });
  const given = Array.isArray(body.comments) ? (body.comments as Record<string, unknown>[]) : [];
  const wrong = refusedText('PullRequestReview', 'body', text(body.body));
  if (wrong) return wrong;
  const review = await submitReview(world, issue, call.actor, {
    state,
    body: text(body.body) ?? '',
    commitId: text(body.commit_id),
    comments: given.map(commentWanted),
  });
  return 'status' in review ? review : ok(reviewShape(world, review));
}

const reviewsOf = (issue: PullIssue): Review[] =>
  [...issue.repository.reviews.values()].filter((one) => one.issue === issue);

const commentsOf = (issue: PullIssue): ReviewComment[] =>
  [...issue.repository.reviewComments.values()].filter((one) => one.issue === issue);

/** What is not sent yet is seen by its author alone. */
const seen = (call: RepositoryCall) => (review: Review) =>
  review.state !== 'PENDING' || review.author === call.actor;

const onReview = (handle: (call: RepositoryCall, review: Review) => ReturnType<typeof ok>) =>
  onPull((call, issue) => {
    const review = reviewsOf(issue).find((one) => one.id === Number(call.params.id));
    return review ? handle(call, review) : notFound;
  });

async function createComment(call: RepositoryCall, issue: PullIssue) {
  const { body, world } = call;
  const replied = Number(call.params.id ?? body.in_reply_to);
  const wanted = commentWanted(body);
  if (wanted.body === '')
    return invalid({ resource: 'PullRequestReviewComment', field: 'body', code: 'missing_field' });
  const wrong = refusedText('PullRequestReviewComment', 'body', wanted.body);
  if (wrong) return wrong;
  const inReplyTo = Number.isNaN(replied) ? undefined : replied;
  const comment = await addReviewComment(world, issue, call.actor, { ...wanted, inReplyTo });
  return 'status' in comment ? comment : created(reviewCommentShape(world, comment));
}

function onComment(handle: (call: RepositoryCall, comment: ReviewComment) => ReturnType<typeof ok>) {
  return (call: RepositoryCall) => {
    const comment = call.repository.reviewComments.get(Number(call.params.id));
    return comment ? handle(call, comment) : notFound;
  };
}

const mayChange = (call: RepositoryCall, comment: ReviewComment) =>
  comment.author === call.actor || call.viaApp || atLeast(roleOf(call.repository, call.actor), 'write');

const pull = '/pulls/:number';

export const reviewRoutes: RepositoryRoute[] = [
  {
    method: 'GET',
    pattern: `${pull}/reviews`,
    need: readPulls,
    handle: onPull((call, issue) =>
      paged(call, reviewsOf(issue).filter(seen(call)), (one) => reviewShape(call.world, one)),
    ),
  },
  { method: 'POST', pattern: `${pull}/reviews`, need: writePulls, handle: onPull(create) },
  {
    method: 'GET',
    pattern: `${pull}/reviews/:id`,
    need: readPulls,
    handle: onReview((call, review) => ok(reviewShape(call.world, review))),
  },
  {
    method: 'POST',
    pattern: `${pull}/reviews/:id/events`,
    need: writePulls,
    handle: onReview((call, review) => {
      const state = states[text(call.body.event) ?? ''];
      if (review.state !== 'PENDING' || state === undefined)
        return refused(422, 'Unprocessable Entity', ['Could not submit the review.']);
      review.state = state;
      review.body = text(call.body.body) ?? review.body;
      review.submittedAt = call.world.now();
      const comments = commentsOf(review.issue).filter((one) => one.review === review);
      tellOfReview(call.world, review, call.actor, comments);
      return ok(reviewShape(call.world, review));
    }),
  },
  {
    method: 'PUT',
    pattern: `${pull}/reviews/:id/dismissals`,
    need: { ...writePulls, role: 'write' },
    handle: onReview((call, review) => {
      if (text(call.body.message) === null)
        return invalid({ resource: 'PullRequestReview', field: 'message', code: 'missing_field' });
      dismissReview(call.world, review, call.actor);
      return ok(reviewShape(call.world, review));
    }),
  },
  {
    method: 'GET',
    pattern: `${pull}/comments`,
    need: readPulls,
    handle: onPull((call, issue) => {
      const since = call.query.get('since');
      const found = commentsOf(issue).filter((one) => since === null || one.updatedAt >= new Date(since));
      return paged(call, found, (one) => reviewCommentShape(call.world, one));
    }),
  },
  { method: 'POST', pattern: `${pull}/comments`, need: writePulls, handle: onPull(createComment) },
  {
    method: 'POST',
    pattern: `${pull}/comments/:id/replies`,
    need: writePulls,
    handle: onPull(createComment),
  },
  {
    method: 'GET',
    pattern: '/pulls/comments',
    need: readPulls,
    handle: (call) => {
      const since = call.query.get('since');
      const key = call.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
      const way = call.query.has('sort') && call.query.get('direction') !== 'asc' ? -1 : 1;
      const found = [...call.repository.reviewComments.values()]
        .filter((one) => since === null || one.updatedAt >= new Date(since))
        .sort((a, b) => way * (a[key].getTime() - b[key].getTime() || a.id - b.id));
      return paged(call, found, (one) => reviewCommentShape(call.world, one));
    },
  },
  {
    method: 'GET',
    pattern: '/pulls/comments/:id',
    need: readPulls,
    handle: onComment((call, comment) => ok(reviewCommentShape(call.world, comment))),
  },
  {
    method: 'PATCH',
    pattern: '/pulls/comments/:id',
    need: writePulls,
    handle: onComment((call, comment) => {
      if (!mayChange(call, comment)) return refused(403, 'Must have admin rights to Repository.');
      const from = comment.body;
      comment.body = text(call.body.body) ?? comment.body;
      comment.updatedAt = call.world.now();
      tellOfReviewComment(call.world, comment, call.actor, 'edited', { changes: { body: { from } } });
      return ok(reviewCommentShape(call.world, comment));
    }),
  },
  {
    method: 'DELETE',
    pattern: '/pulls/comments/:id',
    need: writePulls,
    handle: onComment((call, comment) => {
      if (!mayChange(call, comment)) return refused(403, 'Must have admin rights to Repository.');
      tellOfReviewComment(call.world, comment, call.actor, 'deleted');
      call.repository.reviewComments.delete(comment.id);
      return noContent;
    }),
  },
];
