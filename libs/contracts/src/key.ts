import { z } from 'zod';
import { Instant, Sha256 } from './id.js';

export const PublicKey = z
  .object({
    id: Sha256.describe('SHA-256 of the key (SPKI, DER): the keyid of a signature'),
    algorithm: z.literal('ed25519'),
    pem: z.string(),
    since: Instant.describe('When it began to sign'),
  })
  .meta({ id: 'PublicKey' });
export type PublicKey = z.infer<typeof PublicKey>;
