import { userShape } from './account.shape.js';
import type { ReviewCommentShape, ReviewShape } from './github.types.js';
import { associationOf } from './issue.shape.js';
import { instant, nodeId } from './naming.js';
import { pullUrls } from './pull.shape.js';
import type { Review, ReviewComment } from './world.types.js';
import type { World } from './world.js';

export function reviewShape(world: World, review: Review) {
  const { url, html } = pullUrls(world, review.issue);
  const here = `${html}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: userShape(world, review.author),
    body: review.body,
    state: review.state,
    html_url: here,
    pull_request_url: url,
    author_association: associationOf(review.issue.repository, review.author),
    _links: { html: { href: here }, pull_request: { href: url } },
    submitted_at: instant(review.submittedAt),
    commit_id: review.commitId,
  } satisfies ReviewShape;
}

/** A webhook tells the state in small letters, and an empty body as null. */
export function toldReviewShape(world: World, review: Review) {
  const shape = reviewShape(world, review);
  return { ...shape, state: review.state.toLowerCase(), body: review.body || null };
}

export function reviewCommentShape(world: World, comment: ReviewComment) {
  const { root, url, html } = pullUrls(world, comment.issue);
  const self = `${root}/pulls/comments/${comment.id}`;
  const here = `${html}#discussion_r${comment.id}`;
  const none = { '+1': 0, '-1': 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return {
    url: self,
    pull_request_review_id: comment.review.id,
    id: comment.id,
    node_id: nodeId('PullRequestReviewComment', comment.id),
    diff_hunk: comment.diffHunk,
    path: comment.path,
    commit_id: comment.issue.pull.head.sha,
    original_commit_id: comment.commitId,
    user: userShape(world, comment.author),
    body: comment.body,
    created_at: instant(comment.createdAt),
    updated_at: instant(comment.updatedAt),
    html_url: here,
    pull_request_url: url,
    author_association: associationOf(comment.issue.repository, comment.author),
    _links: { self: { href: self }, html: { href: here }, pull_request: { href: url } },
    reactions: { url: `${self}/reactions`, total_count: 0, ...none },
    start_line: comment.startLine,
    original_start_line: comment.startLine,
    start_side: comment.startLine === null ? null : comment.side,
    // A comment on an older commit has lost its line, and keeps the one it was made on.
    line: comment.commitId === comment.issue.pull.head.sha ? (comment.line ?? undefined) : undefined,
    original_line: comment.line ?? undefined,
    side: comment.side,
    position: comment.line ?? undefined,
    original_position: comment.line ?? undefined,
    subject_type: comment.line === null ? 'file' : 'line',
    ...(comment.inReplyTo !== null && { in_reply_to_id: comment.inReplyTo }),
  } satisfies ReviewCommentShape;
}
