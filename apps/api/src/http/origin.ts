import { GatehouseError, type Settings } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';

const loopback = ['localhost', '127.0.0.1', '[::1]'];
const wildcards = new Set(['0.0.0.0', '::']);

/** Host names this installation answers to, in lower case, without ports. */
export const servedHosts = (
  settings: Pick<Settings, 'GATEHOUSE_HOST' | 'GATEHOUSE_PUBLIC_HOSTS'>,
): ReadonlySet<string> => {
  const { GATEHOUSE_HOST: own, GATEHOUSE_PUBLIC_HOSTS: more } = settings;
  const name = own.includes(':') && !own.startsWith('[') ? `[${own}]` : own;
  const given = more
    .split(',')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
  return new Set([...loopback, ...(wildcards.has(own) ? [] : [name.toLowerCase()]), ...given]);
};

const nameOfHost = (host: string): string => host.replace(/:\d{1,5}$/, '').toLowerCase();

/**
 * A page under a foreign name that was made to resolve to us must not be taken for ours (DNS rebinding). Of two names
 * Node takes the first, and whatever stands before us may have looked at the second.
 */
export const refuseForeignHost = (hosts: ReadonlySet<string>, named: readonly string[] | undefined): void => {
  const [host, another] = named ?? [];
  if (host !== undefined && another === undefined && hosts.has(nameOfHost(host))) return;
  throw new GatehouseError(
    'request.host_refused',
    'This host name is not served here. Add it to GATEHOUSE_PUBLIC_HOSTS if it is yours.',
  );
};

const refused = (): never => {
  throw new GatehouseError(
    'request.origin_refused',
    'A panel session may write from the panel’s own origin only. Use a token for scripts.',
  );
};

/**
 * Writes that a browser's cookie would sign must come from our own pages. Behind a proxy that ends TLS we serve plain
 * HTTP while the origin says https, so the scheme only counts where we serve TLS ourselves.
 */
export const refuseForeignOrigin = (request: FastifyRequest, tls: boolean, hasCookie: boolean): void => {
  const { origin, host, 'sec-fetch-site': site } = request.headers;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') refused();
  if (origin === undefined) {
    if (hasCookie && site !== 'same-origin') refused();
    return;
  }
  const own = [`https://${host}`, ...(tls ? [] : [`http://${host}`])];
  if (!own.includes(origin.toLowerCase())) refused();
};
