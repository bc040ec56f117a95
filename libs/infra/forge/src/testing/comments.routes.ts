import { atLeast, roleOf } from './access.js';
import { created, invalid, noContent, notFound, ok, paged, refused } from './answer.js';
import { text, type RepositoryCall, type RepositoryRoute } from './call.js';
import { commentShape } from './issue.shape.js';
import { addComment, deleteComment, editComment, refusedText } from './issues.js';
import { inaccessible, issueIn, opens, readIssues, writeIssues } from './issues.routes.js';
import type { Comment } from './world.types.js';

const commentIn = (call: RepositoryCall): Comment | undefined =>
  call.repository.comments.get(Number(call.params.id));

const bodyMissing = invalid({ resource: 'IssueComment', field: 'body', code: 'missing_field' });

/** One's own comment, or by whoever may write. */
const mayChange = (call: RepositoryCall, comment: Comment) =>
  comment.author === call.actor || call.viaApp || atLeast(roleOf(call.repository, call.actor), 'write');

function since(call: RepositoryCall, comments: Comment[]) {
  const after = call.query.get('since');
  return after === null ? comments : comments.filter((one) => one.updatedAt >= new Date(after));
}

function create(call: RepositoryCall) {
  const issue = issueIn(call);
  if (!issue) return notFound;
  if (!opens(call, issue, 'write')) return inaccessible;
  const body = text(call.body.body);
  if (body === null || body.trim() === '') return bodyMissing;
  const wrong = refusedText('IssueComment', 'body', body);
  if (wrong) return wrong;
  const by = { account: call.actor, viaApp: call.viaApp };
  return created(commentShape(call.world, addComment(call.world, issue, by, body)));
}

function update(call: RepositoryCall) {
  const comment = commentIn(call);
  if (!comment) return notFound;
  if (!mayChange(call, comment)) return refused(403, 'Must have admin rights to Repository.');
  const body = text(call.body.body);
  if (body === null) return bodyMissing;
  const wrong = refusedText('IssueComment', 'body', body);
  if (wrong) return wrong;
  editComment(call.world, comment, call.actor, body);
  return ok(commentShape(call.world, comment));
}

export const commentRoutes: RepositoryRoute[] = [
  {
    method: 'GET',
    pattern: '/issues/comments',
    need: readIssues,
    handle: (call) => {
      // Without a sort the direction is ignored.
      const way = call.query.has('sort') && call.query.get('direction') !== 'asc' ? -1 : 1;
      const key = call.query.get('sort') === 'updated' ? 'updatedAt' : 'createdAt';
      const found = since(call, [...call.repository.comments.values()]);
      found.sort((a, b) => way * (a[key].getTime() - b[key].getTime() || a.id - b.id));
      return paged(call, found, (one) => commentShape(call.world, one));
    },
  },
  {
    method: 'GET',
    pattern: '/issues/comments/:id',
    need: readIssues,
    handle: (call) => {
      const comment = commentIn(call);
      return comment ? ok(commentShape(call.world, comment)) : notFound;
    },
  },
  { method: 'PATCH', pattern: '/issues/comments/:id', need: writeIssues, handle: update },
  {
    method: 'DELETE',
    pattern: '/issues/comments/:id',
    need: writeIssues,
    handle: (call) => {
      const comment = commentIn(call);
      if (!comment) return notFound;
      if (!mayChange(call, comment)) return refused(403, 'Must have admin rights to Repository.');
      deleteComment(call.world, comment, call.actor);
      return noContent;
    },
  },
  {
    method: 'GET',
    pattern: '/issues/:number/comments',
    need: readIssues,
    handle: (call) => {
      const issue = issueIn(call);
      if (!issue) return notFound;
      const own = [...call.repository.comments.values()].filter((one) => one.issue === issue);
      return paged(call, since(call, own), (one) => commentShape(call.world, one));
    },
  },
  { method: 'POST', pattern: '/issues/:number/comments', need: writeIssues, handle: create },
];
