import { createVerify, randomBytes } from 'node:crypto';
import type { Answer } from './answer.js';
import { refused } from './answer.js';
import type { World } from './world.js';
import type { Account, Caller, Installation, Permissions, Repository, Token } from './world.types.js';

const tokenLifeMs = 60 * 60 * 1000;

export function installationToken(
  world: World,
  installation: Installation,
  narrowed: { permissions?: Permissions; repositories?: Set<number> | null } = {},
): Token {
  return keep(world, {
    value: `ghs_${random(36)}`,
    account: world.app.bot,
    installation,
    permissions: { metadata: 'read', ...(narrowed.permissions ?? installation.permissions) },
    repositories: narrowed.repositories ?? null,
    expiresAt: new Date(Math.floor((world.now().getTime() + tokenLifeMs) / 1000) * 1000),
  });
}

/** A person's token: fine-grained when permissions are named, else classic. */
export function personalToken(
  world: World,
  account: Account,
  narrowed: { permissions?: Permissions; repositories?: Repository[] } = {},
): Token {
  const { permissions, repositories } = narrowed;
  return keep(world, {
    value: permissions ? `github_pat_${random(82)}` : `ghp_${random(36)}`,
    account,
    installation: null,
    permissions: permissions ? { metadata: 'read', ...permissions } : null,
    repositories: repositories ? new Set(repositories.map((one) => one.id)) : null,
    expiresAt: null,
  });
}

function keep(world: World, token: Token): Token {
  world.tokens.set(token.value, token);
  return token;
}

const random = (length: number) =>
  randomBytes(length).toString('base64url').replace(/[-_]/g, 'x').slice(0, length);

const badCredentials = refused(401, 'Bad credentials');

/** Who an Authorization header speaks for, or the refusal. */
export function identify(world: World, header: string | undefined): Caller | Answer {
  if (header === undefined) return { kind: 'anonymous' };
  const [scheme = '', value = ''] = header.split(' ');
  const basic = /^basic$/i.test(scheme);
  const secret = basic ? (Buffer.from(value, 'base64').toString().split(':')[1] ?? '') : value;
  if (!basic && !/^(bearer|token)$/i.test(scheme)) return badCredentials;
  if (!basic && secret.split('.').length === 3) return verifyJwt(world, secret);
  const token = world.tokens.get(secret);
  if (!token || (token.expiresAt !== null && token.expiresAt <= world.now())) return badCredentials;
  const { installation } = token;
  if (!installation) return { kind: 'user', token };
  if (!world.installations.has(installation.id)) return badCredentials;
  if (installation.suspended) return refused(403, 'This installation has been suspended');
  return { kind: 'installation', token, installation };
}

function verifyJwt(world: World, jwt: string): Caller | Answer {
  const [head = '', payload = '', signature = ''] = jwt.split('.');
  const undecodable = refused(401, 'A JSON web token could not be decoded');
  const header = parsed(head);
  const claims = parsed(payload);
  if (!header || !claims || header.alg !== 'RS256') return undecodable;
  const verifier = createVerify('RSA-SHA256').update(`${head}.${payload}`);
  if (!verifier.verify(world.app.publicKeyPem, Buffer.from(signature, 'base64url'))) return undecodable;
  const now = Math.floor(world.now().getTime() / 1000);
  const { iat, exp, iss } = claims;
  if (String(iss) !== String(world.app.id) && iss !== `Iv23li${world.app.id}`)
    return refused(401, "'Issuer' claim ('iss') must be an Integer");
  if (typeof exp !== 'number' || exp <= now)
    return refused(
      401,
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  if (exp > now + 600) return refused(401, "'Expiration time' claim ('exp') is too far in the future");
  if (typeof iat !== 'number' || iat > now)
    return refused(
      401,
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  return { kind: 'app' };
}

function parsed(part: string): Record<string, unknown> | null {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;
  } catch {
    return null;
  }
}
