import { LeaseService } from '@gatehouse/capability';
import { GatehouseError, idOf, type Permission } from '@gatehouse/contracts';
import { AccessService, mayDo } from '@gatehouse/policy';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { cookieOf } from './cookies.js';
import { refuseForeignOrigin } from './origin.js';
import { RateLimits } from './rate.limits.js';
import { askedBy, bearerOf } from './request.js';
import { accessKey, servesKey } from './serves.js';

/** Name of the panel's cookie. */
export const cookieName = 'gatehouse';

const reads = new Set(['GET', 'HEAD']);
const leaseId = idOf('lease');

const required = (): GatehouseError =>
  new GatehouseError(
    'auth.required',
    'Send a token as `authorization: Bearer …`, or sign in to the panel with `gatehouse panel`.',
  );
const invalid = (): GatehouseError =>
  new GatehouseError(
    'auth.invalid',
    'This credential is not known, has ended or was revoked. Ask for a new one.',
  );

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Who may come in by one handler. */
interface Door {
  readonly access: Permission | 'public' | 'lease';
  /** What is counted: guesses at a login and deliveries of a forge never use up what others have. */
  readonly counted: 'login' | 'hook' | 'request';
}

const countedAs: Readonly<Record<string, Door['counted']>> = {
  'login.create': 'login',
  'webhooks.github': 'hook',
};

/** The one guard: who asks, may they, and not too often. What names no access is shut. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #tls: boolean;
  readonly #doors = new Map<Handler, Door>();

  constructor(
    private readonly access: AccessService,
    private readonly leases: LeaseService,
    private readonly limits: RateLimits,
    plane: PlaneSettings,
  ) {
    this.#tls = plane.settings.GATEHOUSE_TLS_CERT !== undefined;
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { access, counted } = this.doorOf(context.getHandler());
    if (access === 'public') await this.open(request, counted);
    else if (access === 'lease') await this.lease(request);
    else await this.principal(request, access);
    return true;
  }

  /** What the handler says of itself; it never says anything else. */
  private doorOf(handler: Handler): Door {
    const known = this.#doors.get(handler);
    if (known !== undefined) return known;
    const access = Reflect.getMetadata(accessKey, handler) as Door['access'] | undefined;
    if (access === undefined)
      throw new GatehouseError('internal.unexpected', `The handler ${handler.name} names no access.`);
    const serves = Reflect.getMetadata(servesKey, handler) as string;
    const door = { access, counted: countedAs[serves] ?? 'request' };
    this.#doors.set(handler, door);
    return door;
  }

  private async open(request: FastifyRequest, counted: Door['counted']): Promise<void> {
    if (!reads.has(request.method)) refuseForeignOrigin(request, this.#tls, false);
    if (counted === 'login') await this.limits.login(request);
    else if (counted === 'hook') await this.limits.hook(request);
    else await this.limits.request(request, request.ip);
  }

  private async lease(request: FastifyRequest): Promise<void> {
    const token = bearerOf(request);
    if (token === undefined) throw required();
    const { id } = request.params as { id?: unknown };
    const named = leaseId.safeParse(id);
    if (token === null || !named.success) throw invalid();
    const lease = await this.leases.authenticate(named.data, token);
    await this.limits.request(request, lease.id);
    askedBy(request).lease = lease;
  }

  private async principal(request: FastifyRequest, permission: Permission): Promise<void> {
    const token = bearerOf(request);
    const cookie = token === undefined ? cookieOf(request, cookieName) : undefined;
    const secret = token ?? cookie;
    if (secret === undefined || secret === '') {
      await this.limits.request(request, request.ip);
      throw token === null ? invalid() : required();
    }
    if (cookie !== undefined && !reads.has(request.method)) refuseForeignOrigin(request, this.#tls, true);
    const known = await this.access.authenticate(secret, cookie === undefined ? ['token'] : ['panel']);
    await this.limits.request(request, known?.principal.id ?? request.ip);
    if (known === undefined) throw invalid();
    const { allowed, reason } = mayDo(known.principal, permission);
    if (!allowed) throw new GatehouseError('auth.forbidden', reason);
    Object.assign(askedBy(request), { principal: known.principal, tokenId: known.tokenId });
  }
}
