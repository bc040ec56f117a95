import { z } from 'zod';
import { EventPage, EventQuery } from './ledger.js';
import { pageOf } from './page.js';
import { route } from './route.js';
import { idParams } from './route.parts.js';
import {
  Attempt,
  OutputPage,
  OutputQuery,
  RequestChange,
  ResumeSession,
  Session,
  SessionQuery,
} from './session.js';

export const sessionRoutes = {
  'sessions.list': route({
    method: 'GET',
    path: '/sessions',
    summary: 'List sessions',
    access: 'jobs:read',
    query: SessionQuery,
    answers: { 200: pageOf(Session) },
  }),
  'sessions.get': route({
    method: 'GET',
    path: '/sessions/{id}',
    summary: 'One session',
    access: 'jobs:read',
    params: idParams('session'),
    answers: { 200: Session },
  }),
  'sessions.resume': route({
    method: 'POST',
    path: '/sessions/{id}/resume',
    summary: 'Let a suspended session go on: its agent is started anew; what it made before stays refused',
    access: 'sessions:operate',
    params: idParams('session'),
    body: ResumeSession,
    answers: { 200: Session },
  }),
  'sessions.request_change': route({
    method: 'POST',
    path: '/sessions/{id}/changes',
    summary: 'Ask for a change of what its open pull request shows: a further attempt on the same branch',
    access: 'jobs:read',
    params: idParams('session'),
    body: RequestChange,
    creates: true,
    answers: { 201: Session },
  }),
  'sessions.attempts': route({
    method: 'GET',
    path: '/sessions/{id}/attempts',
    summary: 'Attempts of a session, oldest first',
    access: 'jobs:read',
    params: idParams('session'),
    answers: { 200: z.object({ items: z.array(Attempt) }) },
  }),
  'sessions.events': route({
    method: 'GET',
    path: '/sessions/{id}/events',
    summary:
      'Events of a session: JSON pages, or a live stream with Accept: text/event-stream and Last-Event-ID',
    access: 'jobs:read',
    params: idParams('session'),
    query: EventQuery,
    answers: { 200: EventPage },
    produces: ['application/json', 'text/event-stream'],
  }),
  'attempts.get': route({
    method: 'GET',
    path: '/attempts/{id}',
    summary: 'One attempt',
    access: 'jobs:read',
    params: idParams('attempt'),
    answers: { 200: Attempt },
  }),
  'attempts.output': route({
    method: 'GET',
    path: '/attempts/{id}/output',
    summary: 'Output of an attempt from a byte offset',
    access: 'jobs:read',
    params: idParams('attempt'),
    query: OutputQuery,
    answers: { 200: OutputPage },
  }),
} as const;
