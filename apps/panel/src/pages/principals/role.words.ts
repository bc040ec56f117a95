import type { PrincipalKind, Role } from '@gatehouse/contracts';

export const roleWords: Readonly<Record<Role, string>> = {
  viewer: 'reads everything that is no secret',
  requester: 'submits and cancels jobs',
  approver: 'approves and rejects what others asked for',
  operator: 'registers repositories, drains workers, retries tasks and promotions',
  admin: 'everything, and makes principals, tokens and policies',
  worker: 'runs attempts; for worker hosts only',
  agent: 'for agents: reads jobs, and never approves',
};

/** Roles that make sense for a kind. An agent that approves, or a person that claims leases, is a mistake. */
export const rolesFor = (kind: PrincipalKind): readonly Role[] => {
  if (kind === 'worker') return ['worker'];
  if (kind === 'agent') return ['agent', 'viewer', 'requester'];
  if (kind === 'service') return ['viewer', 'requester', 'operator'];
  return ['viewer', 'requester', 'approver', 'operator', 'admin'];
};

export type TokenState = 'valid' | 'expired' | 'revoked';

export const tokenState = (
  token: { readonly revokedAt: string | null; readonly expiresAt: string | null },
  now: number,
): TokenState => {
  if (token.revokedAt !== null) return 'revoked';
  return token.expiresAt !== null && Date.parse(token.expiresAt) <= now ? 'expired' : 'valid';
};
