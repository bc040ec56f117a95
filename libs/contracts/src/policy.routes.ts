import { z } from 'zod';
import { pageOf, PageQuery } from './page.js';
import { Policy, PolicyDocument } from './policy.js';
import { CreatePolicySet, PolicySet } from './policy.set.js';
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
  'policies.store': route({
    method: 'POST',
    path: '/policies',
    summary: 'Store a policy version; unless told otherwise, make it the active one of its layer',
    access: 'policies:write',
    query: z.strictObject({
      activate: z
        .enum(['true', 'false'])
        .default('true')
        .describe('true also needs the permission policies:activate'),
    }),
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
  'policySets.list': route({
    method: 'GET',
    path: '/policy-sets',
    summary: 'List policy sets, newest first: the first one is active',
    access: 'policies:read',
    query: PageQuery,
    answers: { 200: pageOf(PolicySet) },
  }),
  'policySets.get': route({
    method: 'GET',
    path: '/policy-sets/{id}',
    summary: 'One policy set',
    access: 'policies:read',
    params: idParams('policySet'),
    answers: { 200: PolicySet },
  }),
  'policySets.create': route({
    method: 'POST',
    path: '/policy-sets',
    summary: 'Activate stored policy versions, or go back to an earlier set, all at once',
    access: 'policies:activate',
    body: CreatePolicySet,
    creates: true,
    answers: { 201: PolicySet },
  }),
} as const;
