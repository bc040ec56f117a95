import { allowed } from './access.js';
import { movedTo, notFound, refused, type Answer } from './answer.js';
import type { Call, RepositoryRoute, Route } from './call.js';
import { manifestRoutes } from './app.manifest.routes.js';
import { appRoutes } from './app.routes.js';
import { checkRoutes } from './checks.routes.js';
import { commentRoutes } from './comments.routes.js';
import { commitRoutes } from './commits.routes.js';
import { issueRoutes } from './issues.routes.js';
import { labelRoutes } from './labels.routes.js';
import { metaRoutes } from './meta.routes.js';
import { pullRoutes } from './pulls.routes.js';
import { repositoryRoutes } from './repositories.routes.js';
import { reviewRoutes } from './reviews.routes.js';
import { ruleRoutes } from './rules.routes.js';

const routes: Route[] = [...appRoutes, ...manifestRoutes, ...metaRoutes];
const ofRepository: RepositoryRoute[] = [
  ...repositoryRoutes,
  ...issueRoutes,
  ...commentRoutes,
  ...labelRoutes,
  ...reviewRoutes,
  ...pullRoutes,
  ...checkRoutes,
  ...commitRoutes,
  ...ruleRoutes,
];

/** Answers a call: its route, then its repository, then whether the caller may, then the route's own answer. */
export async function route(call: Call): Promise<Answer> {
  for (const one of routes) {
    const params = one.method === call.method ? matched(one.pattern, call.path) : null;
    if (params) return one.handle({ ...call, params });
  }
  const byId = /^\/repositories\/(\d+)(\/.*)?$/.exec(call.path);
  const byName = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(call.path);
  const { world } = call;
  if (byId) return inRepository(call, world.repositories.get(Number(byId[1])) ?? null, byId[2] ?? '');
  if (!byName) return notFound;
  const [owner = '', name = ''] = [byName[1], byName[2]].map((part) => decodeURIComponent(part ?? ''));
  const former = world.find(owner, name) ? null : world.findFormer(owner, name);
  if (former && allowed(world, call.caller, former, { permissions: { metadata: 'read' }, role: 'read' }).ok)
    return movedTo(call, former, byName[3] ?? '');
  return inRepository(call, world.find(owner, name), byName[3] ?? '');
}

async function inRepository(call: Call, repository: ReturnType<Call['world']['find']>, rest: string) {
  if (!repository) return notFound;
  for (const one of ofRepository) {
    const params = one.method === call.method ? matched(one.pattern, rest) : null;
    if (!params) continue;
    const verdict = allowed(call.world, call.caller, repository, one.need);
    if (!verdict.ok) {
      const wanted = Object.entries(one.need.permissions).map(([name, level]) => `${name}=${level}`);
      return {
        ...refused(verdict.status, verdict.message),
        headers: { 'X-Accepted-GitHub-Permissions': wanted.join('; ') },
      };
    }
    const { caller, world } = call;
    const known = caller.kind === 'user' || caller.kind === 'installation';
    const actor = known ? caller.token.account : world.account('ghost');
    return one.handle({ ...call, params, repository, actor, viaApp: caller.kind === 'installation' });
  }
  return notFound;
}

const numbers = new Set([':number', ':id']);

/** `:name` is one part of the path (of `:number` and `:id` digits), `*name` is all that is left. */
function matched(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.replace(/\/$/, '').split('/');
  const params: Record<string, string> = {};
  for (const [at, part] of wanted.entries()) {
    if (part.startsWith('*')) {
      if (at >= given.length) return null;
      params[part.slice(1)] = given.slice(at).map(decodeURIComponent).join('/');
      return params;
    }
    const value = given[at];
    if (value === undefined) return null;
    if (numbers.has(part) && !/^\d+$/.test(value)) return null;
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return wanted.length === given.length ? params : null;
}
