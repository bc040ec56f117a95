import { custom, invalid, type Answer } from './answer.js';
import { commentShape, issueShape, labelShape } from './issue.shape.js';
import { isPull, pullShape, told } from './pull.shape.js';
import type { Account, Comment, Issue, Label, Repository } from './world.types.js';
import type { World } from './world.js';

/** Who acts, and whether by our App. */
export interface By {
  account: Account;
  viaApp: boolean;
}

const longestBody = 65_536;

/** The refusal of a text GitHub would not take, or null. */
export function refusedText(resource: string, field: 'title' | 'body', value: string | null): Answer | null {
  if (field === 'title' && value === null) return invalid({ resource, field, code: 'missing_field' });
  if (field === 'title' && value !== null && value.length > 256)
    return custom(resource, 'title is too long (maximum is 256 characters)');
  if (field === 'body' && value !== null && value.length > longestBody)
    return custom(resource, `body is too long (maximum is ${longestBody} characters)`);
  return null;
}

export function tellOfIssue(
  world: World,
  issue: Issue,
  sender: Account,
  action: string,
  more: Record<string, unknown> = {},
): void {
  remember(world, issue, sender, action);
  if (isPull(issue)) {
    const pull_request = told(world, issue, pullShape(world, issue));
    world.tell('pull_request', issue.repository, sender, {
      action,
      number: issue.number,
      pull_request,
      ...more,
    });
  } else world.tell('issues', issue.repository, sender, { action, issue: issueShape(world, issue), ...more });
}

/** The history's words are not always the webhook's. */
const remembered: Record<string, string> = {
  labeled: 'labeled',
  unlabeled: 'unlabeled',
  closed: 'closed',
  reopened: 'reopened',
  ready_for_review: 'ready_for_review',
  converted_to_draft: 'convert_to_draft',
  review_requested: 'review_requested',
  review_request_removed: 'review_request_removed',
};

function remember(world: World, issue: Issue, actor: Account, action: string): void {
  const merged = action === 'closed' ? (issue.pull?.merged ?? null) : null;
  const words = [...(merged ? ['merged'] : []), remembered[action]];
  for (const event of words)
    if (event !== undefined)
      issue.repository.events.push({
        id: world.nextId(),
        issue,
        actor,
        event,
        commit: merged?.sha ?? null,
        label: action === 'labeled' ? (issue.labels.at(-1) ?? null) : null,
        createdAt: world.now(),
      });
}

export function openIssue(
  world: World,
  repository: Repository,
  by: By,
  wanted: { title: string; body?: string | null; labels?: string[]; assignees?: string[] },
): Issue {
  const issue = world.newIssue(repository, by.account, by.viaApp, wanted.title, wanted.body ?? null);
  issue.assignees = (wanted.assignees ?? []).map((login) => world.account(login));
  issue.labels = (wanted.labels ?? []).map((name) => labelOf(world, repository, name));
  tellOfIssue(world, issue, by.account, 'opened');
  for (const label of issue.labels)
    tellOfIssue(world, issue, by.account, 'labeled', { label: labelShape(world, repository, label) });
  return issue;
}

export function editIssue(
  world: World,
  issue: Issue,
  by: Account,
  wanted: { title?: string | null; body?: string | null },
): void {
  const changes: Record<string, { from: string | null }> = {};
  if (typeof wanted.title === 'string' && wanted.title !== issue.title) {
    changes.title = { from: issue.title };
    issue.title = wanted.title;
  }
  if (wanted.body !== undefined && wanted.body !== issue.body) {
    changes.body = { from: issue.body ?? '' };
    issue.body = wanted.body;
  }
  if (Object.keys(changes).length === 0) return;
  issue.updatedAt = world.now();
  tellOfIssue(world, issue, by, 'edited', { changes });
}

export function setIssueState(
  world: World,
  issue: Issue,
  by: Account,
  state: 'open' | 'closed',
  reason: Issue['stateReason'] = state === 'closed' ? 'completed' : 'reopened',
): void {
  if (issue.state === state) return;
  const now = world.now();
  issue.state = state;
  issue.updatedAt = now;
  issue.closedAt = state === 'closed' ? now : null;
  issue.closedBy = state === 'closed' ? by : null;
  issue.stateReason = issue.pull ? null : reason;
  tellOfIssue(world, issue, by, state === 'closed' ? 'closed' : 'reopened');
}

/** The repository's label of this name, made when it is new, as GitHub does. */
export function labelOf(world: World, repository: Repository, name: string): Label {
  const key = name.toLowerCase();
  const known = repository.labels.get(key);
  if (known) return known;
  const made = { id: world.nextId(), name, color: 'ededed', description: null };
  repository.labels.set(key, made);
  return made;
}

export function addLabels(world: World, issue: Issue, by: Account, names: string[]): void {
  for (const name of names) {
    const label = labelOf(world, issue.repository, name);
    if (issue.labels.includes(label)) continue;
    issue.labels.push(label);
    issue.updatedAt = world.now();
    tellOfIssue(world, issue, by, 'labeled', { label: labelShape(world, issue.repository, label) });
  }
}

/** False: the issue has no such label. */
export function removeLabel(world: World, issue: Issue, by: Account, name: string): boolean {
  const label = issue.labels.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (!label) return false;
  issue.labels = issue.labels.filter((one) => one !== label);
  issue.updatedAt = world.now();
  tellOfIssue(world, issue, by, 'unlabeled', { label: labelShape(world, issue.repository, label) });
  return true;
}

export function addComment(world: World, issue: Issue, by: By, body: string): Comment {
  const now = world.now();
  const comment: Comment = {
    id: world.nextId(),
    issue,
    author: by.account,
    body,
    viaApp: by.viaApp,
    createdAt: now,
    updatedAt: now,
  };
  issue.repository.comments.set(comment.id, comment);
  issue.updatedAt = now;
  tellOfComment(world, comment, by.account, 'created');
  return comment;
}

export function editComment(world: World, comment: Comment, by: Account, body: string): void {
  const from = comment.body;
  comment.body = body;
  comment.updatedAt = world.now();
  comment.issue.updatedAt = comment.updatedAt;
  tellOfComment(world, comment, by, 'edited', { changes: { body: { from } } });
}

export function deleteComment(world: World, comment: Comment, by: Account): void {
  tellOfComment(world, comment, by, 'deleted');
  comment.issue.repository.comments.delete(comment.id);
}

function tellOfComment(world: World, comment: Comment, by: Account, action: string, more = {}): void {
  world.tell('issue_comment', comment.issue.repository, by, {
    action,
    ...more,
    issue: issueShape(world, comment.issue),
    comment: commentShape(world, comment),
  });
}
