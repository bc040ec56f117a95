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
import { served, type ServedName } from './route.table.js';
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

/** What nobody reads is refused, so that nobody believes that it counted: least of all a token in an address. */
const refuseQuery = ({ query }: FastifyRequest): void => {
  const [name] = Object.keys(query as object);
  if (name === undefined) return;
  throw new GatehouseError('request.invalid', 'This address takes no parameters; leave out what follows ?.', {
    details: { errors: [{ path: name.slice(0, 100), message: 'no such field' }] },
  });
};

type Handler = ReturnType<ExecutionContext['getHandler']>;

/** Who may come in by one handler. */
interface Door {
  readonly access: Permission | 'public' | 'lease';
  /** What is counted: guesses at a login and deliveries of a forge never use up what others have. */
  readonly counted: 'login' | 'hook' | 'request';
  readonly takesQuery: boolean;
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
    const { access, counted, takesQuery } = this.doorOf(context.getHandler());
    if (access === 'public') await this.open(request, counted);
    else if (access === 'lease') await this.lease(request);
    else await this.principal(request, access);
    // Balancers and forges may put what they like behind an address that is everybody's.
    if (access !== 'public' && !takesQuery) refuseQuery(request);
    return true;
  }

  /** What the handler says of itself; it never says anything else. */
  private doorOf(handler: Handler): Door {
    const known = this.#doors.get(handler);
    if (known !== undefined) return known;
    const access = Reflect.getMetadata(accessKey, handler) as Door['access'] | undefined;
    if (access === undefined)
      throw new GatehouseError('internal.unexpected', `The handler ${handler.name} names no access.`);
    const serves = Reflect.getMetadata(servesKey, handler) as ServedName;
    const takesQuery = served.get(serves)?.route.query !== undefined;
    const door: Door = { access, counted: countedAs[serves] ?? 'request', takesQuery };
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
