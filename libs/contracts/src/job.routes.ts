import { z } from 'zod';
import { CancelJob, Job, JobQuery, JobSpec } from './job.js';
import { pageOf } from './page.js';
import { EffectivePolicy } from './policy.effective.js';
import { route } from './route.js';
import { idParams, yamlOrJson } from './route.parts.js';

export const jobRoutes = {
  'jobs.create': route({
    method: 'POST',
    path: '/jobs',
    summary: 'Submit a JobSpec (JSON or YAML). 202: accepted, its base is still being pinned',
    access: 'jobs:create',
    body: JobSpec,
    accepts: yamlOrJson,
    creates: true,
    answers: { 201: Job, 202: Job },
  }),
  'jobs.list': route({
    method: 'GET',
    path: '/jobs',
    summary: 'List jobs, newest first',
    access: 'jobs:read',
    query: JobQuery,
    answers: { 200: pageOf(Job) },
  }),
  'jobs.get': route({
    method: 'GET',
    path: '/jobs/{id}',
    summary: 'One job',
    access: 'jobs:read',
    params: idParams('job'),
    answers: { 200: Job },
  }),
  'jobs.cancel': route({
    method: 'POST',
    path: '/jobs/{id}/cancel',
    summary: 'Cancel a job; ends its sessions and their processes',
    access: 'jobs:cancel',
    params: idParams('job'),
    body: CancelJob,
    answers: { 202: Job },
  }),
  'jobs.check': route({
    method: 'POST',
    path: '/jobs/check',
    summary: 'Validate a JobSpec and show the policy it would run under, without submitting',
    access: 'jobs:create',
    body: JobSpec,
    accepts: yamlOrJson,
    answers: { 200: z.object({ specDigest: z.string(), policy: EffectivePolicy }) },
  }),
} as const;
