import { userShape } from './account.shape.js';
import type { PullShape, PullSimpleShape } from './github.types.js';
import { associationOf, labelShape } from './issue.shape.js';
import { fullName, instant, nodeId } from './naming.js';
import { repositoryShape, toldRepositoryShape } from './repository.shape.js';
import type { Issue, PullIssue, PullSide } from './world.types.js';
import type { World } from './world.js';

export const isPull = (issue: Issue | undefined): issue is PullIssue =>
  issue !== undefined && issue.pull !== null;

function sideShape(world: World, side: PullSide) {
  return {
    label: `${side.repository.owner.login}:${side.ref}`,
    ref: side.ref,
    sha: side.sha,
    user: userShape(world, side.repository.owner),
    repo: repositoryShape(world, side.repository),
  };
}

export function pullUrls(world: World, issue: PullIssue) {
  const root = `${world.urls.api}/repos/${fullName(issue.repository)}`;
  return {
    root,
    url: `${root}/pulls/${issue.number}`,
    html: `${world.urls.web}/${fullName(issue.repository)}/pull/${issue.number}`,
    issue: `${root}/issues/${issue.number}`,
  };
}

/** As a list shows it. */
export function pullSimpleShape(world: World, issue: PullIssue) {
  const { pull, repository } = issue;
  const { root, url, html, issue: asIssue } = pullUrls(world, issue);
  const statuses = `${root}/statuses/${pull.head.sha}`;
  const assignees = issue.assignees.map((one) => userShape(world, one));
  return {
    url,
    id: pull.id,
    node_id: nodeId('PullRequest', pull.id),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: asIssue,
    number: issue.number,
    state: issue.state,
    locked: false,
    title: issue.title,
    user: userShape(world, issue.author),
    body: issue.body,
    created_at: instant(issue.createdAt),
    updated_at: instant(issue.updatedAt),
    closed_at: issue.closedAt && instant(issue.closedAt),
    merged_at: pull.merged && instant(pull.merged.at),
    merge_commit_sha: pull.merged?.sha ?? pull.testMerge?.commit ?? null,
    assignee: assignees[0] ?? null,
    assignees,
    requested_reviewers: pull.requestedReviewers.map((one) => userShape(world, one)),
    requested_teams: [],
    labels: issue.labels.map((label) => ({
      ...labelShape(world, repository, label),
      description: label.description ?? '',
    })),
    milestone: null,
    draft: pull.draft,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${root}/pulls/comments{/number}`,
    comments_url: `${asIssue}/comments`,
    statuses_url: statuses,
    head: sideShape(world, pull.head),
    base: sideShape(world, pull.base),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: asIssue },
      comments: { href: `${asIssue}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${root}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: associationOf(repository, issue.author),
    auto_merge: null,
    active_lock_reason: null,
  } satisfies PullSimpleShape;
}

/** As it is shown alone, and in webhooks (where GitHub has not tried to merge it yet). */
export function pullShape(world: World, issue: PullIssue, mergeable: boolean | null = null) {
  const { pull, repository } = issue;
  const state = () => {
    if (mergeable === null) return 'unknown';
    if (!mergeable) return 'dirty';
    return pull.draft ? 'draft' : 'clean';
  };
  return {
    ...pullSimpleShape(world, issue),
    state: issue.state,
    merged: pull.merged !== null,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: state(),
    merged_by: pull.merged && userShape(world, pull.merged.by),
    comments: [...repository.comments.values()].filter((one) => one.issue === issue).length,
    review_comments: [...repository.reviewComments.values()].filter((one) => one.issue === issue).length,
    maintainer_can_modify: pull.maintainerCanModify,
    commits: pull.stat.commits,
    additions: pull.stat.additions,
    deletions: pull.stat.deletions,
    changed_files: pull.stat.changedFiles,
  } satisfies PullShape;
}

/** Either shape as webhooks show it. */
export function told<S extends { head: object; base: object }>(world: World, issue: PullIssue, shape: S) {
  const { head, base } = issue.pull;
  return {
    ...shape,
    head: { ...shape.head, repo: toldRepositoryShape(world, head.repository) },
    base: { ...shape.base, repo: toldRepositoryShape(world, base.repository) },
  };
}
