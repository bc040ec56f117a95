import type { FastifyCookieOptions } from '@fastify/cookie';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

// The plugins declare these onto Fastify's own interfaces with fewer type parameters than those have now, which the
// compiler does not merge. Said once, here.

export type CookieSettings = NonNullable<FastifyCookieOptions['parseOptions']>;

interface WithCookies {
  setCookie(name: string, value: string, options: CookieSettings): void;
  clearCookie(name: string, options: CookieSettings): void;
}

export const cookiesOn = (reply: FastifyReply): WithCookies => reply as unknown as WithCookies;

export const cookieOf = (request: FastifyRequest, name: string): string | undefined =>
  (request as unknown as { cookies: Record<string, string | undefined> }).cookies[name];

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
