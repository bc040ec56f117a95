import { appShape } from './account.shape.js';
import type { Need } from './access.js';
import { created, custom, invalid, notFound, ok, paged, refused, type Answer } from './answer.js';
import { text, type RepositoryCall, type RepositoryRoute } from './call.js';
import type { AnnotationShape, CheckRunShape, CheckRunsShape } from './github.types.js';
import { fullName, instant, nodeId } from './naming.js';
import type { Annotation, CheckRun, Repository } from './world.types.js';
import type { World } from './world.js';

const readChecks: Need = { permissions: { checks: 'read' }, role: 'read' };
const writeChecks: Need = { permissions: { checks: 'write' }, role: 'write', appOnly: true };
const annotationsAtOnce = 50;
const longestText = 65_535;
const statuses = ['queued', 'in_progress', 'completed'];
const conclusions = ['success', 'failure', 'neutral', 'cancelled', 'skipped', 'timed_out', 'action_required'];

export function checkRunShape(world: World, repository: Repository, run: CheckRun) {
  const url = `${world.urls.api}/repos/${fullName(repository)}/check-runs/${run.id}`;
  const html = `${world.urls.web}/${fullName(repository)}/runs/${run.id}`;
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('CheckRun', run.id),
    head_sha: run.headSha,
    external_id: run.externalId,
    url,
    html_url: html,
    details_url: run.detailsUrl ?? html,
    status: run.status,
    conclusion: run.conclusion,
    started_at: instant(run.startedAt),
    completed_at: run.completedAt && instant(run.completedAt),
    output: {
      title: run.title,
      summary: run.summary,
      text: run.text,
      annotations_count: run.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: run.suiteId },
    app: appShape(world),
    pull_requests: [],
  } satisfies CheckRunShape;
}

const shown = (call: RepositoryCall, run: CheckRun) => checkRunShape(call.world, call.repository, run);

function refusedRun(body: Record<string, unknown>): Answer | null {
  const status = text(body.status);
  const conclusion = text(body.conclusion);
  const output = (body.output ?? {}) as Record<string, unknown>;
  const annotations = Array.isArray(output.annotations) ? output.annotations : [];
  if (status !== null && !statuses.includes(status))
    return invalid({ resource: 'CheckRun', field: 'status', code: 'invalid' });
  if (conclusion !== null && !conclusions.includes(conclusion))
    return invalid({ resource: 'CheckRun', field: 'conclusion', code: 'invalid' });
  if (status === 'completed' && conclusion === null)
    return refused(422, "Invalid request.\n\nFor 'allOf/1', \"conclusion\" wasn't supplied.");
  if (body.output !== undefined && (text(output.title) === null || text(output.summary) === null))
    return refused(422, 'Invalid request.\n\n"title", "summary" weren\'t supplied.');
  if (annotations.length > annotationsAtOnce)
    return refused(
      422,
      `Invalid request.\n\nNo more than ${annotationsAtOnce} items are allowed; ${annotations.length} were supplied.`,
    );
  for (const field of ['summary', 'text'])
    if ((text(output[field])?.length ?? 0) > longestText)
      return custom('CheckRun', `${field} exceeds a maximum bytesize of ${longestText}`);
  return null;
}

function apply(world: World, run: CheckRun, body: Record<string, unknown>): void {
  const output = (body.output ?? {}) as Record<string, unknown>;
  const status = text(body.status) as CheckRun['status'] | null;
  const conclusion = text(body.conclusion) as CheckRun['conclusion'];
  run.name = text(body.name) ?? run.name;
  run.detailsUrl = text(body.details_url) ?? run.detailsUrl;
  run.externalId = text(body.external_id) ?? run.externalId;
  // A conclusion alone completes the run.
  run.status = conclusion === null ? (status ?? run.status) : 'completed';
  run.conclusion = run.status === 'completed' ? (conclusion ?? run.conclusion) : null;
  const ended = text(body.completed_at);
  run.completedAt =
    run.status === 'completed' ? (ended === null ? (run.completedAt ?? world.now()) : new Date(ended)) : null;
  const started = text(body.started_at);
  if (started !== null) run.startedAt = new Date(started);
  run.title = text(output.title) ?? run.title;
  run.summary = text(output.summary) ?? run.summary;
  run.text = text(output.text) ?? run.text;
  // Annotations of later calls are added to those of earlier ones.
  if (Array.isArray(output.annotations)) run.annotations.push(...(output.annotations as Annotation[]));
}

async function create(call: RepositoryCall) {
  const { body, world, repository } = call;
  const [name, sha] = [text(body.name), text(body.head_sha)];
  if (name === null || sha === null)
    return refused(422, `Invalid request.\n\n"${name === null ? 'name' : 'head_sha'}" wasn't supplied.`);
  const wrong = refusedRun(body);
  if (wrong) return wrong;
  if ((await repository.git.resolve(sha)) !== sha) return refused(422, `No commit found for SHA: ${sha}`);
  const sibling = [...repository.checkRuns.values()].find((one) => one.headSha === sha);
  const run: CheckRun = {
    id: world.nextId(),
    suiteId: sibling?.suiteId ?? world.nextId(),
    name,
    headSha: sha,
    externalId: '',
    detailsUrl: null,
    status: 'queued',
    conclusion: null,
    startedAt: world.now(),
    completedAt: null,
    title: null,
    summary: null,
    text: null,
    annotations: [],
  };
  apply(world, run, body);
  repository.checkRuns.set(run.id, run);
  return created(shown(call, run));
}

const onRun = (handle: (call: RepositoryCall, run: CheckRun) => Answer | Promise<Answer>) => {
  return (call: RepositoryCall) => {
    const run = call.repository.checkRuns.get(Number(call.params.id));
    return run ? handle(call, run) : notFound;
  };
};

async function ofCommit(call: RepositoryCall) {
  const { query, repository, world } = call;
  const sha = await repository.git.resolve(call.params.ref ?? '');
  if (sha === null) return refused(422, `No commit found for SHA: ${call.params.ref}`);
  const name = query.get('check_name');
  const status = query.get('status');
  const app = query.get('app_id');
  const every = query.get('filter') === 'all';
  const runs = [...repository.checkRuns.values()]
    .filter((run) => run.headSha === sha)
    .filter((run) => name === null || run.name === name)
    .filter((run) => status === null || run.status === status)
    .filter(() => app === null || Number(app) === world.app.id)
    .sort((a, b) => b.id - a.id)
    .filter((run, at, all) => every || all.findIndex((one) => one.name === run.name) === at);
  return paged(
    call,
    runs,
    (run) => shown(call, run),
    (page) =>
      ({
        total_count: runs.length,
        check_runs: page as CheckRunsShape['check_runs'],
      }) satisfies CheckRunsShape,
  );
}

function annotationShape(call: RepositoryCall, run: CheckRun, annotation: Annotation) {
  return {
    path: annotation.path,
    start_line: annotation.start_line,
    end_line: annotation.end_line,
    start_column: annotation.start_column ?? null,
    end_column: annotation.end_column ?? null,
    annotation_level: annotation.annotation_level,
    title: annotation.title ?? null,
    message: annotation.message,
    raw_details: annotation.raw_details ?? null,
    blob_href: `${call.world.urls.web}/${fullName(call.repository)}/blob/${run.headSha}/${annotation.path}`,
  } satisfies AnnotationShape;
}

export const checkRoutes: RepositoryRoute[] = [
  { method: 'POST', pattern: '/check-runs', need: writeChecks, handle: create },
  {
    method: 'GET',
    pattern: '/check-runs/:id',
    need: readChecks,
    handle: onRun((call, run) => ok(shown(call, run))),
  },
  {
    method: 'PATCH',
    pattern: '/check-runs/:id',
    need: writeChecks,
    handle: onRun((call, run) => {
      const wrong = refusedRun(call.body);
      if (wrong) return wrong;
      apply(call.world, run, call.body);
      return ok(shown(call, run));
    }),
  },
  {
    method: 'GET',
    pattern: '/check-runs/:id/annotations',
    need: readChecks,
    handle: onRun((call, run) => paged(call, run.annotations, (one) => annotationShape(call, run, one))),
  },
  { method: 'GET', pattern: '/commits/:ref/check-runs', need: readChecks, handle: ofCommit },
];
