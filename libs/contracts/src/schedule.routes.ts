import { pageOf, PageQuery } from './page.js';
import { route } from './route.js';
import { idParams, yamlOrJson } from './route.parts.js';
import { ChangeSchedule, CreateSchedule, Schedule, ScheduleQuery, ScheduleRun } from './schedule.js';

export const scheduleRoutes = {
  'schedules.create': route({
    method: 'POST',
    path: '/schedules',
    summary: 'Store a schedule (JSON or YAML): a JobSpec and when it is to be submitted',
    access: 'jobs:create',
    body: CreateSchedule,
    accepts: yamlOrJson,
    creates: true,
    answers: { 201: Schedule },
  }),
  'schedules.list': route({
    method: 'GET',
    path: '/schedules',
    summary: 'List schedules, newest first',
    access: 'jobs:read',
    query: ScheduleQuery,
    answers: { 200: pageOf(Schedule) },
  }),
  'schedules.get': route({
    method: 'GET',
    path: '/schedules/{id}',
    summary: 'One schedule',
    access: 'jobs:read',
    params: idParams('schedule'),
    answers: { 200: Schedule },
  }),
  'schedules.change': route({
    method: 'PATCH',
    path: '/schedules/{id}',
    summary: 'Pause or resume (its creator or an operator), or change what it says (its creator)',
    access: 'jobs:cancel',
    params: idParams('schedule'),
    body: ChangeSchedule,
    answers: { 200: Schedule },
  }),
  'schedules.end': route({
    method: 'DELETE',
    path: '/schedules/{id}',
    summary: 'End a schedule for good; its runs and jobs stay',
    access: 'jobs:cancel',
    params: idParams('schedule'),
    repeatable: true,
    answers: { 200: Schedule },
  }),
  'schedules.trigger': route({
    method: 'POST',
    path: '/schedules/{id}/trigger',
    summary: 'Run it now, beside its due times',
    access: 'jobs:cancel',
    params: idParams('schedule'),
    creates: true,
    answers: { 201: ScheduleRun },
  }),
  'schedules.runs': route({
    method: 'GET',
    path: '/schedules/{id}/runs',
    summary: 'What came of its due times, newest first',
    access: 'jobs:read',
    params: idParams('schedule'),
    query: PageQuery,
    answers: { 200: pageOf(ScheduleRun) },
  }),
} as const;
