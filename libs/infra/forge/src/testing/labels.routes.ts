import { created, invalid, notFound, ok, paged, refused } from './answer.js';
import { text, texts, type RepositoryCall, type RepositoryRoute } from './call.js';
import { labelShape } from './issue.shape.js';
import { addLabels, labelOf, removeLabel } from './issues.js';
import { inaccessible, issueIn, opens, readIssues, triageIssues } from './issues.routes.js';
import type { Issue } from './world.types.js';

const labelsOf = (call: RepositoryCall, issue: Issue) =>
  issue.labels.map((label) => labelShape(call.world, issue.repository, label));

/** Labels come as names, in a list or in `{labels}`, or as objects with a name. */
function namesIn(call: RepositoryCall): string[] {
  const given: unknown = Array.isArray(call.body) ? call.body : call.body.labels;
  if (!Array.isArray(given)) return [];
  const named = (given as unknown[]).map((one) =>
    typeof one === 'object' && one !== null ? (one as { name?: unknown }).name : one,
  );
  return texts(named);
}

function change(act: (call: RepositoryCall, issue: Issue) => ReturnType<typeof ok>) {
  return (call: RepositoryCall) => {
    const issue = issueIn(call);
    if (!issue) return notFound;
    return opens(call, issue, 'write') ? act(call, issue) : inaccessible;
  };
}

function createLabel(call: RepositoryCall) {
  const { world, repository, body } = call;
  const name = text(body.name);
  if (name === null) return invalid({ resource: 'Label', field: 'name', code: 'missing_field' });
  if (repository.labels.has(name.toLowerCase()))
    return invalid({ resource: 'Label', field: 'name', code: 'already_exists' });
  const label = labelOf(world, repository, name);
  label.color = text(body.color) ?? label.color;
  label.description = text(body.description);
  return created(labelShape(world, repository, label));
}

export const labelRoutes: RepositoryRoute[] = [
  {
    method: 'GET',
    pattern: '/labels',
    need: readIssues,
    handle: (call) =>
      paged(call, [...call.repository.labels.values()], (label) =>
        labelShape(call.world, call.repository, label),
      ),
  },
  {
    method: 'POST',
    pattern: '/labels',
    need: triageIssues,
    handle: createLabel,
  },
  {
    method: 'GET',
    pattern: '/labels/:name',
    need: readIssues,
    handle: (call) => {
      const label = call.repository.labels.get((call.params.name ?? '').toLowerCase());
      return label ? ok(labelShape(call.world, call.repository, label)) : notFound;
    },
  },
  {
    method: 'GET',
    pattern: '/issues/:number/labels',
    need: readIssues,
    handle: (call) => {
      const issue = issueIn(call);
      if (!issue) return notFound;
      return paged(call, issue.labels, (label) => labelShape(call.world, call.repository, label));
    },
  },
  {
    method: 'POST',
    pattern: '/issues/:number/labels',
    need: triageIssues,
    handle: change((call, issue) => {
      addLabels(call.world, issue, call.actor, namesIn(call));
      return ok(labelsOf(call, issue));
    }),
  },
  {
    method: 'PUT',
    pattern: '/issues/:number/labels',
    need: triageIssues,
    handle: change((call, issue) => {
      const names = namesIn(call);
      const kept = new Set(names.map((name) => name.toLowerCase()));
      for (const label of [...issue.labels])
        if (!kept.has(label.name.toLowerCase())) removeLabel(call.world, issue, call.actor, label.name);
      addLabels(call.world, issue, call.actor, names);
      return ok(labelsOf(call, issue));
    }),
  },
  {
    method: 'DELETE',
    pattern: '/issues/:number/labels/:name',
    need: triageIssues,
    handle: change((call, issue) =>
      removeLabel(call.world, issue, call.actor, call.params.name ?? '')
        ? ok(labelsOf(call, issue))
        : refused(404, 'Label does not exist'),
    ),
  },
];
