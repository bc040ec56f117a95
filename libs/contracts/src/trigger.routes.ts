import { z } from 'zod';
import { route } from './route.js';
import { idParams, yamlOrJson } from './route.parts.js';
import { Trigger, TriggerDocument, TriggerPage, TriggerQuery } from './trigger.js';

const one = { params: idParams('trigger'), answers: { 200: Trigger } } as const;

export const triggerRoutes = {
  'triggers.list': route({
    method: 'GET',
    path: '/triggers',
    summary: 'List the triggers that are there, newest first',
    access: 'repositories:read',
    query: TriggerQuery,
    answers: { 200: TriggerPage },
  }),
  'triggers.put': route({
    method: 'PUT',
    path: '/triggers',
    summary: 'Store a trigger by its name: a first or a further version; the same document changes nothing',
    access: 'repositories:write',
    query: z.strictObject({
      check: z
        .enum(['true', 'false'])
        .default('false')
        .describe('true: only say whether it would be stored, and change nothing'),
    }),
    body: TriggerDocument,
    accepts: yamlOrJson,
    repeatable: true,
    answers: { 200: Trigger },
  }),
  'triggers.get': route({
    method: 'GET',
    path: '/triggers/{id}',
    summary: 'One trigger',
    access: 'repositories:read',
    ...one,
  }),
  'triggers.pause': route({
    method: 'POST',
    path: '/triggers/{id}/pause',
    summary: 'Let a trigger fire no more for now',
    access: 'repositories:write',
    repeatable: true,
    ...one,
  }),
  'triggers.resume': route({
    method: 'POST',
    path: '/triggers/{id}/resume',
    summary: 'Let a paused trigger fire again',
    access: 'repositories:write',
    repeatable: true,
    ...one,
  }),
  'triggers.delete': route({
    method: 'DELETE',
    path: '/triggers/{id}',
    summary: 'Take a trigger away; the jobs that it made stay',
    access: 'repositories:write',
    repeatable: true,
    ...one,
  }),
} as const;
