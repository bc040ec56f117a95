import { z } from 'zod';
import { pageOf, PageQuery } from './page.js';
import { Policy, PolicyDocument } from './policy.js';
import { DecisionQuery, ExplainPolicy, PolicyDecision, PolicyExplanation } from './policy.decision.js';
import { CreatePolicySet, PolicySet } from './policy.set.js';
import { PolicyLint, PolicySimulation, SimulatePolicy } from './policy.trial.js';
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
  'policies.explain': route({
    method: 'POST',
    path: '/policies/explain',
    summary: 'What the active policies say to one question, layer by layer, and why',
    access: 'policies:read',
    body: ExplainPolicy,
    answers: { 200: PolicyExplanation },
  }),
  'policies.lint': route({
    method: 'POST',
    path: '/policies/lint',
    summary: 'What is odd about a policy document beside the active ones; stores nothing',
    access: 'policies:read',
    body: PolicyDocument,
    accepts: yamlOrJson,
    answers: { 200: z.object({ items: z.array(PolicyLint) }) },
  }),
  'policies.simulate': route({
    method: 'POST',
    path: '/policies/simulate',
    summary: 'Which stored decisions and verdicts would flip under a proposed policy; stores nothing',
    access: 'policies:write',
    body: SimulatePolicy,
    answers: { 200: PolicySimulation },
  }),
  'decisions.list': route({
    method: 'GET',
    path: '/decisions',
    summary: 'List decisions of the policy, newest first',
    access: 'policies:read',
    query: DecisionQuery,
    answers: { 200: pageOf(PolicyDecision) },
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
