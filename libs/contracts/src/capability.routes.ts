import { ChangeWorker, Worker } from './capability.js';
import { pageOf, PageQuery } from './page.js';
import { route } from './route.js';
import { idParams } from './route.parts.js';

export const capabilityRoutes = {
  'workers.list': route({
    method: 'GET',
    path: '/workers',
    summary: 'List workers',
    access: 'workers:read',
    query: PageQuery,
    answers: { 200: pageOf(Worker) },
  }),
  'workers.change': route({
    method: 'PATCH',
    path: '/workers/{id}',
    summary: 'Drain, cordon or resume a worker, or set its labels',
    access: 'workers:operate',
    params: idParams('worker'),
    body: ChangeWorker,
    answers: { 200: Worker },
  }),
} as const;
