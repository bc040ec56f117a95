import { z } from 'zod';
import { Candidate, CandidateDiff, CandidateQuery, CandidateVerification } from './candidate.js';
import { CandidateId, idOf } from './id.js';
import { pageOf } from './page.js';
import { route } from './route.js';
import { SarifLog } from './sarif.js';

export const candidateRoutes = {
  'candidates.list': route({
    method: 'GET',
    path: '/candidates',
    summary: 'List candidates, newest first',
    access: 'candidates:read',
    query: CandidateQuery,
    answers: { 200: pageOf(Candidate) },
  }),
  'candidates.get': route({
    method: 'GET',
    path: '/candidates/{id}',
    summary: 'One candidate with its latest verdict',
    access: 'candidates:read',
    params: z.strictObject({ id: CandidateId }),
    query: z.strictObject({ sessionId: idOf('session').optional() }),
    answers: { 200: Candidate },
  }),
  'candidates.verify': route({
    method: 'POST',
    path: '/candidates/{id}/verify',
    summary:
      'Make the candidate again and ask every static gate anew; a verdict that differs is withdrawn. Four at once; more get 429 with Retry-After',
    repeatable: true,
    access: 'candidates:read',
    params: z.strictObject({ id: CandidateId }),
    query: z.strictObject({ sessionId: idOf('session').optional() }),
    answers: { 200: CandidateVerification },
  }),
  'candidates.sarif': route({
    method: 'GET',
    path: '/candidates/{id}/sarif',
    summary: 'What its latest verdict found, as SARIF 2.1.0',
    access: 'candidates:read',
    params: z.strictObject({ id: CandidateId }),
    query: z.strictObject({ sessionId: idOf('session').optional() }),
    answers: { 200: SarifLog },
  }),
  'candidates.diff': route({
    method: 'GET',
    path: '/candidates/{id}/diff',
    summary: 'What a candidate changes, file by file. Four at once; more get 429 with Retry-After',
    access: 'candidates:read',
    params: z.strictObject({ id: CandidateId }),
    answers: { 200: CandidateDiff },
  }),
} as const;
