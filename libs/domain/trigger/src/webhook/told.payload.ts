import type {
  ForgeComment,
  ForgeIssue,
  ForgePull,
  ForgeRepo,
  ForgeReview,
  ForgeUser,
} from '@gatehouse/forge';
import { isSameRepo } from '../plan.js';

/** A delivery as the forge would have made it, of what was read there; the body is what handlers read of one. */
export interface Told {
  readonly event: 'issue_comment' | 'pull_request_review' | 'pull_request_review_comment';
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A repository by the number that a rename keeps, and its name now. */
export interface Where extends ForgeRepo {
  readonly id: number;
}

const userOf = ({ id, login, type }: ForgeUser) => ({
  id,
  login,
  type: `${type.charAt(0).toUpperCase()}${type.slice(1)}`,
});
const repositoryOf = ({ id, owner, name }: Where) => ({ id, name, owner: { login: owner } });

const pullOf = ({ number, head }: ForgePull, where: Where) => ({
  number,
  head: { sha: head.sha, repo: head.repo !== null && isSameRepo(head.repo, where) ? { id: where.id } : null },
  base: { repo: { id: where.id } },
});

const commentOf = ({ id, body, createdAt, path }: ForgeComment) => ({
  ...{ id, body, created_at: createdAt.toISOString() },
  ...(path !== null && { path }),
});

/** What was said under an issue or pull request. */
export const toldComment = (where: Where, said: ForgeComment, issue: ForgeIssue): Told => ({
  event: 'issue_comment',
  payload: {
    ...{ action: 'created', repository: repositoryOf(where), sender: userOf(said.author) },
    comment: commentOf(said),
    issue: {
      ...{ number: issue.number, title: issue.title, body: issue.body, state: issue.state },
      ...{
        user: issue.author.id === 0 ? null : userOf(issue.author),
        updated_at: issue.updatedAt.toISOString(),
      },
      ...(issue.isPull && { pull_request: {} }),
    },
  },
});

/** What was said at a line of a pull request. */
export const toldAtLine = (where: Where, said: ForgeComment, pull: ForgePull): Told => ({
  event: 'pull_request_review_comment',
  payload: {
    ...{ action: 'created', repository: repositoryOf(where), sender: userOf(said.author) },
    ...{ comment: commentOf(said), pull_request: pullOf(pull, where) },
  },
});

/** Who dismissed it the forge does not say with the review: it is told as its author's, and as heard of. */
export const toldDismissal = (where: Where, review: ForgeReview, pull: ForgePull): Told => {
  const { event, payload } = toldReview(where, review, pull);
  return { event, payload: { ...payload, action: 'dismissed', is_heard: true } };
};

export const toldReview = (where: Where, review: ForgeReview, pull: ForgePull): Told => ({
  event: 'pull_request_review',
  payload: {
    ...{ action: 'submitted', repository: repositoryOf(where), sender: userOf(review.author) },
    pull_request: pullOf(pull, where),
    review: {
      ...{ id: review.id, state: review.state, body: review.body, commit_id: review.commit },
      submitted_at: review.submittedAt?.toISOString() ?? null,
    },
  },
});
