import { z } from 'zod';
import { EventPage, EventQuery, StreamId, VerifyQuery, VerifyReport } from './ledger.js';
import { route } from './route.js';

export const ledgerRoutes = {
  'ledger.events': route({
    method: 'GET',
    path: '/ledger/streams/{id}/events',
    summary: 'Events of any stream',
    access: 'ledger:read',
    params: z.strictObject({ id: StreamId }),
    query: EventQuery,
    answers: { 200: EventPage },
  }),
  'ledger.verify': route({
    method: 'GET',
    path: '/ledger/verify',
    summary: 'Verify one stream or the whole installation',
    access: 'ledger:read',
    query: VerifyQuery,
    answers: { 200: VerifyReport },
  }),
} as const;
