import { z } from 'zod';
import { Artifact } from './artifact.js';
import { ArtifactId, idOf } from './id.js';
import { route } from './route.js';
import {
  ClaimLease,
  CompleteAttempt,
  Heartbeat,
  HeartbeatAnswer,
  LeaseGrant,
  OutputUpload,
  RegisteredWorker,
  RegisterWorker,
  StartAttempt,
  WorkerEvents,
} from './worker.js';
import { whole } from './whole.js';

const lease = z.strictObject({ id: idOf('lease') });
const leaseArtifact = z.strictObject({ id: idOf('lease'), artifact: ArtifactId });
const fence = z.strictObject({ generation: whole(1) });

/** The worker protocol, under `/worker/v1`. Outbound HTTPS only; every lease call carries its generation. */
export const workerRoutes = {
  'worker.register': route({
    method: 'POST',
    path: '/register',
    summary: 'Make this worker known, or known again',
    access: 'worker:act',
    body: RegisterWorker,
    answers: { 200: RegisteredWorker },
  }),
  'worker.claim': route({
    method: 'POST',
    path: '/leases',
    summary: 'Wait for an attempt; 204 where none came in time',
    access: 'worker:act',
    body: ClaimLease,
    answers: { 200: LeaseGrant, 204: null },
  }),
  'lease.heartbeat': route({
    method: 'POST',
    path: '/leases/{id}/heartbeat',
    summary: 'Renew; the answer carries cancel and drain',
    access: 'lease',
    params: lease,
    body: Heartbeat,
    answers: { 200: HeartbeatAnswer },
  }),
  'lease.start': route({
    method: 'POST',
    path: '/leases/{id}/start',
    summary: 'The sandbox runs',
    access: 'lease',
    params: lease,
    body: StartAttempt,
    answers: { 204: null },
  }),
  'lease.events': route({
    method: 'POST',
    path: '/leases/{id}/events',
    summary: 'Append events',
    access: 'lease',
    params: lease,
    body: WorkerEvents,
    answers: { 204: null },
  }),
  'lease.output': route({
    method: 'POST',
    path: '/leases/{id}/output',
    summary: 'Append raw output',
    access: 'lease',
    params: lease,
    query: OutputUpload,
    accepts: ['application/octet-stream'],
    answers: { 204: null },
  }),
  'lease.workspace': route({
    method: 'GET',
    path: '/leases/{id}/workspace',
    summary: 'A git pack of the base commit, its tree and blobs',
    access: 'lease',
    params: lease,
    query: fence,
    answers: { 200: null },
    produces: ['application/x-git-packed-objects'],
  }),
  'lease.artifact': route({
    method: 'GET',
    path: '/leases/{id}/artifacts/{artifact}',
    summary: 'Bytes of an artifact that this lease needs',
    access: 'lease',
    params: leaseArtifact,
    query: fence,
    answers: { 200: null },
    produces: ['application/octet-stream'],
  }),
  'lease.upload': route({
    method: 'PUT',
    path: '/leases/{id}/artifacts/{artifact}',
    summary: 'Store bytes under their digest',
    access: 'lease',
    params: leaseArtifact,
    query: fence,
    accepts: ['application/octet-stream'],
    answers: { 201: Artifact },
  }),
  'lease.complete': route({
    method: 'POST',
    path: '/leases/{id}/complete',
    summary: 'Hand in the result; repeating it changes nothing',
    access: 'lease',
    params: lease,
    body: CompleteAttempt,
    answers: { 204: null },
  }),
} as const;

export type WorkerRouteName = keyof typeof workerRoutes;
