import { z } from 'zod';
import { TrustZone } from './capability.js';
import { idOf, Instant, Name } from './id.js';
import { text } from './text.js';

export const PrincipalKind = z.enum(['user', 'service', 'worker', 'agent']).meta({ id: 'PrincipalKind' });
export type PrincipalKind = z.infer<typeof PrincipalKind>;

export const Role = z
  .enum(['viewer', 'requester', 'approver', 'operator', 'admin', 'worker', 'agent'])
  .meta({ id: 'Role' });
export type Role = z.infer<typeof Role>;

/** What a route asks for; roles grant them (policy/src/access.model.ts). */
export const permissions = [
  'jobs:read',
  'jobs:create',
  'jobs:cancel',
  'sessions:operate',
  'repositories:read',
  'repositories:write',
  'policies:read',
  'policies:write',
  'policies:activate',
  'candidates:read',
  'promotions:read',
  'promotions:operate',
  'promotions:approve',
  'artifacts:read',
  'artifacts:create',
  'workers:read',
  'workers:operate',
  'tasks:read',
  'tasks:operate',
  'ledger:read',
  'principals:read',
  'principals:write',
  'self:read',
  'worker:act',
] as const;
export type Permission = (typeof permissions)[number];

export const Principal = z
  .object({
    id: idOf('principal'),
    name: Name,
    kind: PrincipalKind,
    roles: z.array(Role),
    zone: TrustZone.optional().describe('Of a worker: the only zone in which it may register'),
    disabled: z.boolean(),
    standsFor: idOf('principal')
      .optional()
      .describe('The person behind it: made of an account at a forge that was then linked to this principal'),
    createdAt: Instant,
  })
  .meta({ id: 'Principal' });
export type Principal = z.infer<typeof Principal>;

export const CreatePrincipal = z
  .strictObject({
    name: Name,
    kind: PrincipalKind.default('user'),
    roles: z.array(Role).min(1).max(7),
    zone: TrustZone.optional().describe('Of a worker, for good; agent when left out'),
  })
  .refine(({ kind, zone }) => zone === undefined || kind === 'worker', {
    path: ['zone'],
    message: 'only a worker has a trust zone',
  })
  .meta({ id: 'CreatePrincipal' });
export type CreatePrincipal = z.infer<typeof CreatePrincipal>;

export const Token = z
  .object({
    id: idOf('token'),
    principalId: idOf('principal'),
    name: z.string(),
    expiresAt: Instant.nullable(),
    revokedAt: Instant.nullable(),
    lastUsedAt: Instant.nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'Token' });
export type Token = z.infer<typeof Token>;

export const CreateToken = z
  .strictObject({
    principalId: idOf('principal'),
    name: text(100, 1).default('token'),
    expiresInDays: z.number().int().min(1).max(366).default(90),
  })
  .meta({ id: 'CreateToken' });
export type CreateToken = z.infer<typeof CreateToken>;

/** The only answer that ever holds the secret: it is stored hashed and cannot be shown again. */
export const CreatedToken = z.object({ token: Token, secret: z.string() }).meta({ id: 'CreatedToken' });
export type CreatedToken = z.infer<typeof CreatedToken>;

/** One-time code for the panel: valid 10 minutes, travels in a URL fragment, used once. */
export const LoginCode = z.object({ code: z.string(), expiresAt: Instant }).meta({ id: 'LoginCode' });
export type LoginCode = z.infer<typeof LoginCode>;

export const Login = z
  .union([
    z.strictObject({ code: z.string().min(1).max(200) }),
    z.strictObject({ token: z.string().min(1).max(200) }),
  ])
  .meta({ id: 'Login' });
export type Login = z.infer<typeof Login>;

export const Me = z
  .object({ principal: Principal, permissions: z.array(z.enum(permissions)) })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof Me>;
