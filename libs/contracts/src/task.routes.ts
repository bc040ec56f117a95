import { pageOf } from './page.js';
import { route } from './route.js';
import { idParams } from './route.parts.js';
import { Task, TaskQuery } from './task.js';

export const taskRoutes = {
  'tasks.list': route({
    method: 'GET',
    path: '/tasks',
    summary: 'List durable tasks',
    access: 'tasks:read',
    query: TaskQuery,
    answers: { 200: pageOf(Task) },
  }),
  'tasks.retry': route({
    method: 'POST',
    path: '/tasks/{id}/retry',
    summary: 'Run a dead task again',
    access: 'tasks:operate',
    params: idParams('task'),
    answers: { 200: Task },
  }),
} as const;
