import type { FastifyInstance, FastifyRequest } from 'fastify';

// The plugin declares this onto Fastify's own interfaces with fewer type parameters than those have now, which the
// compiler does not merge. Said once, here.

export interface LimitState {
  readonly isAllowed: boolean;
  readonly isExceeded?: boolean;
  readonly max?: number;
  readonly ttlInSeconds?: number;
}

export type Limiter = (request: FastifyRequest) => Promise<LimitState>;

interface WithLimits {
  createRateLimit(options: {
    max: number;
    timeWindow: number;
    keyGenerator: (request: FastifyRequest) => string;
  }): Limiter;
}

export const limitsOn = (server: FastifyInstance): WithLimits => server as unknown as WithLimits;
