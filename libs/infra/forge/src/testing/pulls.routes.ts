import { atLeast, roleOf, type Need } from './access.js';
import { created, custom, invalid, notFound, ok, paged, refused } from './answer.js';
import { text, texts, type RepositoryCall, type RepositoryRoute } from './call.js';
import { userShape } from './account.shape.js';
import { commitShape } from './commit.shape.js';
import type { MergeShape } from './github.types.js';
import { editIssue, refusedText, setIssueState, tellOfIssue } from './issues.js';
import { isPull, pullShape, pullSimpleShape } from './pull.shape.js';
import { mergePull, openPull, requestReview, tryMerge, unrequestReview, type MergeMethod } from './pulls.js';
import type { PullIssue } from './world.types.js';

export const readPulls: Need = { permissions: { pull_requests: 'read' }, role: 'read' };
export const writePulls: Need = { permissions: { pull_requests: 'write' }, role: 'read' };

export function pullIn(call: RepositoryCall): PullIssue | null {
  const issue = call.repository.issues.get(Number(call.params.number));
  return isPull(issue) ? issue : null;
}

/** A route about a pull request that exists. */
export const onPull =
  <T>(handle: (call: RepositoryCall, issue: PullIssue) => T) =>
  (call: RepositoryCall) => {
    const issue = pullIn(call);
    return issue ? handle(call, issue) : notFound;
  };

async function shown(call: RepositoryCall, issue: PullIssue) {
  return pullShape(call.world, issue, await tryMerge(call.world, issue));
}

function list(call: RepositoryCall) {
  const { query, world, repository } = call;
  const state = query.get('state') ?? 'open';
  const head = query.get('head');
  const base = query.get('base');
  const key = query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
  // Newest first by creation, oldest first by any other order, unless said.
  const way = (query.get('direction') ?? (key === 'createdAt' ? 'desc' : 'asc')) === 'asc' ? 1 : -1;
  const found = [...repository.issues.values()]
    .filter(isPull)
    .filter((issue) => state === 'all' || issue.state === state)
    // A head without its owner is no filter at all, as on GitHub.
    .filter(
      ({ pull }) => !head?.includes(':') || `${pull.head.repository.owner.login}:${pull.head.ref}` === head,
    )
    .filter(({ pull }) => base === null || pull.base.ref === base)
    .sort((a, b) => way * (a[key].getTime() - b[key].getTime() || a.number - b.number));
  return paged(call, found, (issue) => pullSimpleShape(world, issue));
}

async function create(call: RepositoryCall) {
  const { world, repository, body } = call;
  const [title, head, base] = [text(body.title), text(body.head), text(body.base)];
  for (const [field, value] of Object.entries({ head, base }))
    if (value === null) return invalid({ resource: 'PullRequest', field, code: 'missing_field' });
  const wrong =
    refusedText('PullRequest', 'title', title) ?? refusedText('PullRequest', 'body', text(body.body));
  if (wrong) return wrong;
  const by = { account: call.actor, viaApp: call.viaApp };
  const opened = await openPull(world, repository, by, {
    title: title ?? '',
    head: head ?? '',
    base: base ?? '',
    body: text(body.body),
    draft: body.draft === true,
    maintainerCanModify: body.maintainer_can_modify === true,
  });
  return 'status' in opened ? opened : created(await shown(call, opened));
}

async function update(call: RepositoryCall, issue: PullIssue) {
  const { world, body, actor, repository } = call;
  const title = body.title === undefined ? undefined : text(body.title);
  const wrong =
    (title !== undefined && refusedText('PullRequest', 'title', title)) ||
    refusedText('PullRequest', 'body', text(body.body));
  if (wrong) return wrong;
  const mine = issue.author === actor || call.viaApp || atLeast(roleOf(repository, actor), 'triage');
  if (!mine) return refused(403, 'Must have write access to the pull request.');
  const base = text(body.base);
  if (base !== null && base !== issue.pull.base.ref) {
    const sha = await repository.git.branch(base);
    if (sha === null) return invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
    const from = { ref: issue.pull.base.ref, sha: issue.pull.base.sha };
    issue.pull.base = { ref: base, sha, repository };
    issue.pull.stat = await repository.git.diffStat(sha, issue.pull.head.sha);
    tellOfIssue(world, issue, actor, 'edited', {
      changes: { base: { ref: { from: from.ref }, sha: { from: from.sha } } },
    });
  }
  editIssue(world, issue, actor, { title, body: body.body === undefined ? undefined : text(body.body) });
  if (body.state === 'closed') setIssueState(world, issue, actor, 'closed');
  if (body.state === 'open' && issue.state === 'closed') {
    const reason = await cannotReopen(call, issue);
    if (reason !== null) return custom('PullRequest', reason);
    setIssueState(world, issue, actor, 'open');
  }
  return ok(await shown(call, issue));
}

async function cannotReopen(call: RepositoryCall, issue: PullIssue): Promise<string | null> {
  const { head, base, merged } = issue.pull;
  if (merged) return 'state cannot be changed. The pull request cannot be reopened.';
  if ((await head.repository.git.branch(head.ref)) === null)
    return `state cannot be changed. The ${head.ref} branch has been deleted.`;
  const twin = call.world
    .openPulls()
    .find(
      ({ pull }) =>
        pull.head.ref === head.ref && pull.base.ref === base.ref && pull.head.repository === head.repository,
    );
  return twin
    ? `state cannot be changed. There is already an open pull request from ${head.ref} to ${base.ref}.`
    : null;
}

async function merge(call: RepositoryCall, issue: PullIssue) {
  const { body } = call;
  const done = await mergePull(call.world, issue, call.actor, {
    method: (text(body.merge_method) ?? 'merge') as MergeMethod,
    sha: text(body.sha),
    title: text(body.commit_title),
    message: text(body.commit_message),
  });
  if (typeof done !== 'string') return done;
  return ok({ sha: done, merged: true, message: 'Pull Request successfully merged' } satisfies MergeShape);
}

function askReviewers(call: RepositoryCall, issue: PullIssue) {
  const reviewers = texts(call.body.reviewers).map((login) => call.world.account(login));
  if (reviewers.includes(issue.author))
    return refused(422, 'Review cannot be requested from pull request author.');
  if (reviewers.some((one) => roleOf(call.repository, one) === 'none' || !isCollaborator(call, one.login)))
    return refused(
      422,
      `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${call.repository.owner.login}/${call.repository.name} repository.`,
    );
  for (const one of reviewers) requestReview(call.world, issue, call.actor, one);
  return created(pullSimpleShape(call.world, issue));
}

const isCollaborator = (call: RepositoryCall, login: string) =>
  call.repository.roles.has(login.toLowerCase()) || call.repository.owner.login === login;

export const pullRoutes: RepositoryRoute[] = [
  { method: 'GET', pattern: '/pulls', need: readPulls, handle: list },
  { method: 'POST', pattern: '/pulls', need: writePulls, handle: create },
  {
    method: 'GET',
    pattern: '/pulls/:number',
    need: readPulls,
    handle: onPull(async (call, issue) => ok(await shown(call, issue))),
  },
  { method: 'PATCH', pattern: '/pulls/:number', need: writePulls, handle: onPull(update) },
  {
    method: 'GET',
    pattern: '/pulls/:number/commits',
    need: readPulls,
    handle: onPull(async (call, { pull, repository }) => {
      const shas = await repository.git.commitsBetween(pull.base.sha, pull.head.sha);
      return paged(call, shas, (sha) => commitShape(call.world, repository, sha));
    }),
  },
  {
    method: 'PUT',
    pattern: '/pulls/:number/merge',
    need: { permissions: { contents: 'write' }, role: 'write' },
    handle: onPull(merge),
  },
  {
    method: 'GET',
    pattern: '/pulls/:number/merge',
    need: readPulls,
    handle: onPull((_, { pull }) => (pull.merged ? { status: 204 } : notFound)),
  },
  {
    method: 'GET',
    pattern: '/pulls/:number/requested_reviewers',
    need: readPulls,
    handle: onPull((call, { pull }) =>
      ok({ users: pull.requestedReviewers.map((one) => userShape(call.world, one)), teams: [] }),
    ),
  },
  {
    method: 'POST',
    pattern: '/pulls/:number/requested_reviewers',
    need: writePulls,
    handle: onPull(askReviewers),
  },
  {
    method: 'DELETE',
    pattern: '/pulls/:number/requested_reviewers',
    need: writePulls,
    handle: onPull((call, issue) => {
      for (const login of texts(call.body.reviewers))
        unrequestReview(call.world, issue, call.actor, call.world.account(login));
      return ok(pullSimpleShape(call.world, issue));
    }),
  },
];
