import { z } from 'zod';
import { Artifact } from './artifact.js';
import { ArtifactId } from './id.js';
import { route } from './route.js';

export const artifactRoutes = {
  'artifacts.create': route({
    method: 'POST',
    path: '/artifacts',
    summary: 'Store bytes; the answer names them by digest',
    access: 'artifacts:create',
    accepts: ['application/octet-stream', 'text/x-patch'],
    answers: { 201: Artifact },
  }),
  'artifacts.get': route({
    method: 'GET',
    path: '/artifacts/{id}',
    summary: 'What is known of an artifact',
    access: 'artifacts:read',
    params: z.strictObject({ id: ArtifactId }),
    answers: { 200: Artifact },
  }),
  'artifacts.content': route({
    method: 'GET',
    path: '/artifacts/{id}/content',
    summary: 'The bytes of an artifact',
    access: 'artifacts:read',
    params: z.strictObject({ id: ArtifactId }),
    answers: { 200: null },
    produces: ['application/octet-stream'],
  }),
} as const;
