import type { HeldLease } from '@gatehouse/capability';
import type { Principal } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';

/** What the guard found out about who asks. */
export interface Asked {
  principal?: Principal;
  /** The token or panel session that was shown. */
  tokenId?: string;
  lease?: HeldLease;
}

const known = new WeakMap<object, Asked>();

/** Kept beside the request, not on it: nothing a client sends can end up here. */
export const askedBy = (request: FastifyRequest): Asked => {
  const asked = known.get(request.raw) ?? {};
  known.set(request.raw, asked);
  return asked;
};

const bearerPattern = /^Bearer +([!-~]{1,200}) *$/i;

/** The secret of an Authorization header; null where the header is there and cannot be read. */
export const bearerOf = (request: FastifyRequest): string | null | undefined => {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  return bearerPattern.exec(authorization)?.[1] ?? null;
};

/** Path without the query. */
export const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';
