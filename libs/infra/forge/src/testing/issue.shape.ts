import { appShape, userShape } from './account.shape.js';
import { roleOf } from './access.js';
import type { CommentShape, IssueEventShape, IssueShape, LabelShape } from './github.types.js';
import { fullName, instant, nodeId } from './naming.js';
import type { Account, Comment, Issue, IssueEvent, Label, Repository } from './world.types.js';
import type { World } from './world.js';

export function associationOf(repository: Repository, account: Account) {
  if (account === repository.owner) return 'OWNER' as const;
  const role = repository.roles.get(account.login.toLowerCase());
  if (role === undefined || role === 'none') return 'NONE' as const;
  const member = repository.owner.type === 'Organization' && roleOf(repository, account) !== 'read';
  return member ? ('MEMBER' as const) : ('COLLABORATOR' as const);
}

export function labelShape(world: World, repository: Repository, label: Label) {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${world.urls.api}/repos/${fullName(repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  } satisfies LabelShape;
}

function reactions(url: string) {
  const none = { '+1': 0, '-1': 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return { url: `${url}/reactions`, total_count: 0, ...none };
}

export function issueShape(world: World, issue: Issue) {
  const { repository, pull } = issue;
  const root = `${world.urls.api}/repos/${fullName(repository)}`;
  const url = `${root}/issues/${issue.number}`;
  const web = `${world.urls.web}/${fullName(repository)}`;
  const html = `${web}/${pull ? 'pull' : 'issues'}/${issue.number}`;
  const comments = [...repository.comments.values()].filter((one) => one.issue === issue).length;
  const assignees = issue.assignees.map((one) => userShape(world, one));
  return {
    url,
    repository_url: root,
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    number: issue.number,
    title: issue.title,
    user: userShape(world, issue.author),
    labels: issue.labels.map((label) => labelShape(world, repository, label)),
    state: issue.state,
    locked: false,
    assignee: assignees[0] ?? null,
    assignees,
    milestone: null,
    comments,
    created_at: instant(issue.createdAt),
    updated_at: instant(issue.updatedAt),
    closed_at: issue.closedAt && instant(issue.closedAt),
    closed_by: issue.closedBy && userShape(world, issue.closedBy),
    author_association: associationOf(repository, issue.author),
    active_lock_reason: null,
    body: issue.body,
    reactions: reactions(url),
    timeline_url: `${url}/timeline`,
    performed_via_github_app: issue.viaApp ? appShape(world) : null,
    state_reason: issue.stateReason,
    draft: pull?.draft ?? false,
    ...(pull && {
      pull_request: {
        url: `${root}/pulls/${issue.number}`,
        html_url: html,
        diff_url: `${html}.diff`,
        patch_url: `${html}.patch`,
        merged_at: pull.merged && instant(pull.merged.at),
      },
    }),
  } satisfies IssueShape;
}

export function commentShape(world: World, comment: Comment) {
  const { issue } = comment;
  const root = `${world.urls.api}/repos/${fullName(issue.repository)}`;
  const html = `${world.urls.web}/${fullName(issue.repository)}/${issue.pull ? 'pull' : 'issues'}/${issue.number}`;
  const url = `${root}/issues/comments/${comment.id}`;
  return {
    url,
    html_url: `${html}#issuecomment-${comment.id}`,
    issue_url: `${root}/issues/${issue.number}`,
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    user: userShape(world, comment.author),
    created_at: instant(comment.createdAt),
    updated_at: instant(comment.updatedAt),
    author_association: associationOf(issue.repository, comment.author),
    body: comment.body,
    reactions: reactions(url),
    performed_via_github_app: comment.viaApp ? appShape(world) : null,
  } satisfies CommentShape;
}

export function issueEventShape(world: World, one: IssueEvent) {
  const root = `${world.urls.api}/repos/${fullName(one.issue.repository)}`;
  return {
    id: one.id,
    node_id: nodeId('IssueEvent', one.id),
    url: `${root}/issues/events/${one.id}`,
    actor: userShape(world, one.actor),
    event: one.event,
    commit_id: one.commit,
    commit_url: one.commit && `${root}/commits/${one.commit}`,
    created_at: instant(one.createdAt),
    performed_via_github_app: null,
    ...(one.label && { label: { name: one.label.name, color: one.label.color } }),
  } as IssueEventShape;
}
