import { GatehouseError } from '@gatehouse/contracts';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { limitsOn, type Limiter } from './plugin.types.js';

const minuteMs = 60_000;
/** A person needs a handful; a guesser gets nowhere. */
const loginsPerMinute = 20;

/** A symbol, so that nothing a client sends can end up here. */
const countedAs = Symbol('countedAs');
type Counted = FastifyRequest & { [countedAs]?: string };

/** Requests a minute, counted for whoever was found to ask: a principal, a lease, else an address. */
@Injectable()
export class RateLimits {
  #requests: Limiter | undefined;
  #logins: Limiter | undefined;
  #hooks: Limiter | undefined;

  constructor(private readonly plane: PlaneSettings) {}

  /** Takes the counters of `@fastify/rate-limit`, which must be registered. */
  use(instance: FastifyInstance): void {
    const max = this.plane.settings.GATEHOUSE_RATE_LIMIT;
    const keyGenerator = (request: Counted): string => request[countedAs] ?? request.ip;
    if (max > 0)
      this.#requests = limitsOn(instance).createRateLimit({ max, timeWindow: minuteMs, keyGenerator });
    if (max > 0)
      this.#hooks = limitsOn(instance).createRateLimit({
        max,
        timeWindow: minuteMs,
        keyGenerator: (request) => `hook:${request.ip}`,
      });
    this.#logins = limitsOn(instance).createRateLimit({
      max: loginsPerMinute,
      timeWindow: minuteMs,
      keyGenerator: (request) => `login:${request.ip}`,
    });
  }

  async request(request: FastifyRequest, key: string): Promise<void> {
    (request as Counted)[countedAs] = key;
    await this.count(this.#requests, request);
  }

  async login(request: FastifyRequest): Promise<void> {
    await this.count(this.#logins, request);
  }

  /** Deliveries of a forge, by address, apart from everybody else. */
  async hook(request: FastifyRequest): Promise<void> {
    await this.count(this.#hooks, request);
  }

  private async count(limiter: Limiter | undefined, request: FastifyRequest): Promise<void> {
    const state = await limiter?.(request);
    if (state === undefined || state.isExceeded !== true) return;
    throw new GatehouseError(
      'request.rate_limited',
      `At most ${state.max} requests a minute. Go on in ${state.ttlInSeconds} s.`,
      { details: { retryAfter: state.ttlInSeconds } },
    );
  }
}
