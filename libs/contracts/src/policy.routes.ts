import { pageOf, PageQuery } from './page.js';
import { Policy, PolicyDocument } from './policy.js';
import { route } from './route.js';
import { idParams, yamlOrJson } from './route.parts.js';

export const policyRoutes = {
  'policies.list': route({
    method: 'GET',
    path: '/policies',
    summary: 'List policy versions',
    access: 'policies:read',
    query: PageQuery,
    answers: { 200: pageOf(Policy) },
  }),
  'policies.activate': route({
    method: 'POST',
    path: '/policies',
    summary: 'Store a policy version and make it the active one of its layer',
    access: 'policies:write',
    body: PolicyDocument,
    accepts: yamlOrJson,
    creates: true,
    answers: { 201: Policy },
  }),
  'policies.get': route({
    method: 'GET',
    path: '/policies/{id}',
    summary: 'One policy version',
    access: 'policies:read',
    params: idParams('policy'),
    answers: { 200: Policy },
  }),
} as const;
