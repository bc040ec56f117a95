import type { Need } from './access.js';
import { notFound, ok, paged, refused } from './answer.js';
import type { RepositoryCall, RepositoryRoute } from './call.js';
import { commitShape, gitCommitShape } from './commit.shape.js';
import type { RefShape } from './github.types.js';
import { fullName, nodeId } from './naming.js';

const readContents: Need = { permissions: { contents: 'read' }, role: 'read' };

function refShape(call: RepositoryCall, ref: string, sha: string, type: string) {
  const root = `${call.world.urls.api}/repos/${fullName(call.repository)}/git`;
  return {
    ref,
    node_id: nodeId('Ref', `${call.repository.id}:${ref}`),
    url: `${root}/${ref}`,
    object: { type, sha, url: `${root}/${type}s/${sha}` },
  } satisfies RefShape;
}

async function refs(call: RepositoryCall): Promise<[string, string, string][]> {
  const format = '--format=%(refname) %(objectname) %(objecttype)';
  const lines = (await call.repository.git.git(['for-each-ref', format])).split('\n').filter(Boolean);
  return lines.map((line) => line.split(' ') as [string, string, string]);
}

export const commitRoutes: RepositoryRoute[] = [
  {
    method: 'GET',
    pattern: '/git/ref/*ref',
    need: readContents,
    handle: async (call) => {
      const found = (await refs(call)).find(([name]) => name === `refs/${call.params.ref}`);
      return found ? ok(refShape(call, ...found)) : notFound;
    },
  },
  {
    method: 'GET',
    pattern: '/git/matching-refs/*ref',
    need: readContents,
    handle: async (call) => {
      const found = (await refs(call)).filter(([name]) => name.startsWith(`refs/${call.params.ref}`));
      return paged(call, found, (one) => refShape(call, ...one));
    },
  },
  {
    method: 'GET',
    pattern: '/git/commits/:sha',
    need: readContents,
    handle: async (call) => {
      const sha = await call.repository.git.resolve(call.params.sha ?? '');
      return sha !== null && sha === call.params.sha
        ? ok(await gitCommitShape(call.world, call.repository, sha))
        : notFound;
    },
  },
  {
    method: 'GET',
    pattern: '/commits/:ref',
    need: readContents,
    handle: async (call) => {
      const sha = await call.repository.git.resolve(call.params.ref ?? '');
      if (sha === null) return refused(422, `No commit found for SHA: ${call.params.ref}`);
      return ok(await commitShape(call.world, call.repository, sha));
    },
  },
];
