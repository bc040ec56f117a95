import { z } from 'zod';
import { PublicKey } from './key.js';
import { route } from './route.js';

export const keyRoutes = {
  'keys.list': route({
    method: 'GET',
    path: '/keys',
    summary: 'Public keys that sign proofs of published changes, the newest first; older ones still verify',
    access: 'promotions:read',
    answers: { 200: z.object({ items: z.array(PublicKey) }) },
  }),
} as const;
