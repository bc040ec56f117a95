import type { Need } from './access.js';
import { created, notFound, ok, paged, refused } from './answer.js';
import { text, texts, type RepositoryCall, type RepositoryRoute } from './call.js';
import { issueEventShape, issueShape } from './issue.shape.js';
import { editIssue, openIssue, refusedText, setIssueState } from './issues.js';
import type { Issue } from './world.types.js';

/** Issues and pull requests share numbers and comments, and either permission opens them. */
export const readIssues: Need = { permissions: { issues: 'read', pull_requests: 'read' }, role: 'read' };
export const writeIssues: Need = { permissions: { issues: 'write', pull_requests: 'write' }, role: 'read' };
export const triageIssues: Need = {
  permissions: { issues: 'write', pull_requests: 'write' },
  role: 'triage',
};

export const issueIn = (call: RepositoryCall): Issue | undefined =>
  call.repository.issues.get(Number(call.params.number));

/** A token with one permission of the two sees only issues, or only pull requests. */
export function opens(call: RepositoryCall, issue: Issue, level: 'read' | 'write'): boolean {
  const { caller } = call;
  if (caller.kind !== 'installation' && caller.kind !== 'user') return true;
  const { permissions } = caller.token;
  if (permissions === null || issue.pull) return true;
  if (level === 'read' && !call.repository.private) return true;
  return level === 'read' ? permissions.issues !== undefined : permissions.issues === 'write';
}

export const inaccessible = refused(403, 'Resource not accessible by integration');

function list(call: RepositoryCall) {
  const { query, world, repository } = call;
  const state = query.get('state') ?? 'open';
  const since = query.get('since');
  const labels = (query.get('labels') ?? '').split(',').filter(Boolean);
  const creator = query.get('creator');
  const key = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  const way = query.get('direction') === 'asc' ? 1 : -1;
  const found = [...repository.issues.values()]
    .filter((issue) => state === 'all' || issue.state === state)
    .filter((issue) => since === null || issue.updatedAt >= new Date(since))
    .filter((issue) => labels.every((name) => issue.labels.some((label) => label.name === name)))
    .filter((issue) => creator === null || issue.author.login === creator)
    .filter((issue) => opens(call, issue, 'read'))
    .sort((a, b) => way * (a[key].getTime() - b[key].getTime() || a.number - b.number));
  return paged(call, found, (issue) => issueShape(world, issue));
}

function create(call: RepositoryCall) {
  const { world, repository, body } = call;
  const title = text(body.title);
  const wrong = refusedText('Issue', 'title', title) ?? refusedText('Issue', 'body', text(body.body));
  if (wrong) return wrong;
  const by = { account: call.actor, viaApp: call.viaApp };
  const issue = openIssue(world, repository, by, {
    title: title ?? '',
    body: text(body.body),
    labels: texts(body.labels),
    assignees: texts(body.assignees),
  });
  return created(issueShape(world, issue));
}

function update(call: RepositoryCall) {
  const { world, body, actor } = call;
  const issue = issueIn(call);
  if (!issue) return notFound;
  if (!opens(call, issue, 'write')) return inaccessible;
  const title = body.title === undefined ? undefined : text(body.title);
  const wrong =
    (title !== undefined && refusedText('Issue', 'title', title)) ||
    refusedText('Issue', 'body', text(body.body));
  if (wrong) return wrong;
  editIssue(world, issue, actor, { title, body: body.body === undefined ? undefined : text(body.body) });
  if (body.state === 'open' || body.state === 'closed')
    setIssueState(
      world,
      issue,
      actor,
      body.state,
      body.state_reason === 'not_planned' ? 'not_planned' : undefined,
    );
  return ok(issueShape(world, issue));
}

export const issueRoutes: RepositoryRoute[] = [
  { method: 'GET', pattern: '/issues', need: readIssues, handle: list },
  {
    method: 'POST',
    pattern: '/issues',
    need: { permissions: { issues: 'write' }, role: 'read' },
    handle: create,
  },
  {
    method: 'GET',
    pattern: '/issues/:number',
    need: readIssues,
    handle: (call) => {
      const issue = issueIn(call);
      if (!issue) return notFound;
      return opens(call, issue, 'read') ? ok(issueShape(call.world, issue)) : inaccessible;
    },
  },
  {
    method: 'GET',
    pattern: '/issues/:number/events',
    need: readIssues,
    handle: (call) => {
      const issue = issueIn(call);
      if (!issue) return notFound;
      const own = call.repository.events.filter((one) => one.issue === issue);
      return paged(call, own, (one) => issueEventShape(call.world, one));
    },
  },
  { method: 'PATCH', pattern: '/issues/:number', need: writeIssues, handle: update },
];
