import { invalid, refused, type Answer } from './answer.js';
import { pullSimpleShape, told } from './pull.shape.js';
import { reviewCommentShape, toldReviewShape } from './review.shape.js';
import type { Account, PullIssue, Review, ReviewComment, ReviewState } from './world.types.js';
import type { World } from './world.js';

export interface NewReviewComment {
  path: string;
  body: string;
  line?: number | null;
  startLine?: number | null;
  side?: 'LEFT' | 'RIGHT';
  inReplyTo?: number;
}

/** The hunk that shows this line, or null where the line is no part of the change. */
export async function hunkAt(issue: PullIssue, at: NewReviewComment): Promise<string | null> {
  const { base, head } = issue.pull;
  const diff = await issue.repository.git.git(['diff', `${base.sha}...${head.sha}`, '--', at.path]);
  for (const hunk of diff.split(/^(?=@@ )/m).slice(1)) {
    const range = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(hunk);
    const [start, length] = at.side === 'LEFT' ? [range?.[1], range?.[2]] : [range?.[3], range?.[4]];
    const first = Number(start);
    const line = at.line ?? first;
    if (line >= first && line < first + Number(length ?? 1)) return hunk.trimEnd();
  }
  return null;
}

export const notInDiff = invalid(
  {
    resource: 'PullRequestReviewComment',
    field: 'pull_request_review_thread.line',
    code: 'custom',
    message: 'pull_request_review_thread.line must be part of the diff',
  },
  {
    resource: 'PullRequestReviewComment',
    field: 'pull_request_review_thread.diff_hunk',
    code: 'missing_field',
  },
);

/** The review with its comments, told of; or GitHub's refusal. */
export async function submitReview(
  world: World,
  issue: PullIssue,
  by: Account,
  wanted: {
    state: Exclude<ReviewState, 'DISMISSED'>;
    body?: string;
    commitId?: string | null;
    comments?: NewReviewComment[];
  },
): Promise<Review | Answer> {
  const comments = wanted.comments ?? [];
  const own = issue.author === by;
  if (own && wanted.state === 'APPROVED')
    return refused(422, 'Unprocessable Entity', ['Review Can not approve your own pull request']);
  if (own && wanted.state === 'CHANGES_REQUESTED')
    return refused(422, 'Unprocessable Entity', ['Review Can not request changes on your own pull request']);
  if (!wanted.body && wanted.state === 'CHANGES_REQUESTED')
    return refused(422, 'Unprocessable Entity', ["Review Can't be blank"]);
  if (!wanted.body && wanted.state === 'COMMENTED' && comments.length === 0)
    return refused(422, 'Unprocessable Entity', ["Review Can't be blank"]);
  const hunks = await Promise.all(comments.map((comment) => hunkAt(issue, comment)));
  if (hunks.includes(null)) return notInDiff;
  const review: Review = {
    id: world.nextId(),
    issue,
    author: by,
    state: wanted.state,
    body: wanted.body ?? '',
    commitId: wanted.commitId ?? issue.pull.head.sha,
    submittedAt: world.now(),
  };
  issue.repository.reviews.set(review.id, review);
  issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter((one) => one !== by);
  const made = comments.map((comment, i) => keepComment(world, issue, review, comment, hunks[i] ?? ''));
  if (review.state !== 'PENDING') tellOfReview(world, review, by, made);
  return review;
}

/** Sends a review that waited; its comments are told of with it. */
export function tellOfReview(world: World, review: Review, by: Account, comments: ReviewComment[]): void {
  const { issue } = review;
  issue.updatedAt = world.now();
  world.tell('pull_request_review', issue.repository, by, {
    action: 'submitted',
    review: toldReviewShape(world, review),
    pull_request: told(world, issue, pullSimpleShape(world, issue)),
  });
  for (const comment of comments) tellOfReviewComment(world, comment, by, 'created');
}

export function dismissReview(world: World, review: Review, by: Account): void {
  review.state = 'DISMISSED';
  world.tell('pull_request_review', review.issue.repository, by, {
    action: 'dismissed',
    review: toldReviewShape(world, review),
    pull_request: told(world, review.issue, pullSimpleShape(world, review.issue)),
  });
}

/** One comment at a line, outside of a review: GitHub wraps it into a review of its own. */
export async function addReviewComment(
  world: World,
  issue: PullIssue,
  by: Account,
  wanted: NewReviewComment,
): Promise<ReviewComment | Answer> {
  const thread =
    wanted.inReplyTo === undefined ? null : issue.repository.reviewComments.get(wanted.inReplyTo);
  if (thread === undefined) return refused(404, 'Not Found');
  const hunk = thread ? thread.diffHunk : await hunkAt(issue, wanted);
  if (hunk === null) return notInDiff;
  const review: Review = {
    id: world.nextId(),
    issue,
    author: by,
    state: 'COMMENTED',
    body: '',
    commitId: issue.pull.head.sha,
    submittedAt: world.now(),
  };
  issue.repository.reviews.set(review.id, review);
  const at = thread
    ? { path: thread.path, line: thread.line, startLine: thread.startLine, side: thread.side }
    : {};
  const inReplyTo = thread ? (thread.inReplyTo ?? thread.id) : undefined;
  const comment = keepComment(world, issue, review, { ...wanted, ...at, inReplyTo }, hunk);
  tellOfReview(world, review, by, [comment]);
  return comment;
}

function keepComment(
  world: World,
  issue: PullIssue,
  review: Review,
  wanted: NewReviewComment,
  diffHunk: string,
): ReviewComment {
  const now = world.now();
  const comment: ReviewComment = {
    id: world.nextId(),
    issue,
    review,
    author: review.author,
    body: wanted.body,
    path: wanted.path,
    line: wanted.line ?? null,
    startLine: wanted.startLine ?? null,
    side: wanted.side ?? 'RIGHT',
    commitId: review.commitId,
    diffHunk,
    inReplyTo: wanted.inReplyTo ?? null,
    createdAt: now,
    updatedAt: now,
  };
  issue.repository.reviewComments.set(comment.id, comment);
  return comment;
}

export function tellOfReviewComment(
  world: World,
  comment: ReviewComment,
  by: Account,
  action: 'created' | 'edited' | 'deleted',
  more: Record<string, unknown> = {},
): void {
  world.tell('pull_request_review_comment', comment.issue.repository, by, {
    action,
    ...more,
    comment: reviewCommentShape(world, comment),
    pull_request: told(world, comment.issue, pullSimpleShape(world, comment.issue)),
  });
}
