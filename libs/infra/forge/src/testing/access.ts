import type { World } from './world.js';
import type { Account, Caller, Installation, Level, Repository, Role } from './world.types.js';

const roles: Role[] = ['none', 'read', 'triage', 'write', 'maintain', 'admin'];
const levels: Level[] = ['read', 'write', 'admin'];

export const atLeast = (role: Role, wanted: Role) => roles.indexOf(role) >= roles.indexOf(wanted);

/** What a route asks for: one of these permissions of a token, and this role of a person. */
export interface Need {
  permissions: Partial<Record<string, Level>>;
  role: Role;
  /** Only an App may (check runs). */
  appOnly?: boolean;
  /** Not even a public repository shows this to whoever lacks the permission. */
  guarded?: boolean;
}

export type Verdict = { ok: true } | { ok: false; status: 401 | 403 | 404; message: string };

export function installationOf(world: World, repository: Repository): Installation | null {
  for (const one of world.installations.values())
    if (one.account === repository.owner && (one.selection === 'all' || one.repositories.has(repository.id)))
      return one;
  return null;
}

export function roleOf(repository: Repository, account: Account): Role {
  if (account === repository.owner) return 'admin';
  return repository.roles.get(account.login.toLowerCase()) ?? (repository.private ? 'none' : 'read');
}

/** Whether a token of this caller reaches the repository at all, public or not. */
export function reaches(world: World, caller: Caller, repository: Repository): boolean {
  if (caller.kind === 'anonymous' || caller.kind === 'app') return false;
  const { repositories } = caller.token;
  if (repositories !== null && !repositories.has(repository.id)) return false;
  if (caller.kind === 'installation') return installationOf(world, repository) === caller.installation;
  return roleOf(repository, caller.token.account) !== 'none';
}

export function allowed(world: World, caller: Caller, repository: Repository, need: Need): Verdict {
  const reads = Object.values(need.permissions).every((level) => level === 'read') && !need.guarded;
  const reached = reaches(world, caller, repository);
  if (!reached && repository.private) return { ok: false, status: 404, message: 'Not Found' };
  if (reads && !repository.private) return { ok: true };
  if (caller.kind === 'anonymous') return { ok: false, status: 401, message: 'Requires authentication' };
  const who = caller.kind === 'user' ? 'personal access token' : 'integration';
  const refused = { ok: false, status: 403, message: `Resource not accessible by ${who}` } as const;
  if (caller.kind === 'app' || (caller.kind === 'installation' && !reached)) return refused;
  if (need.appOnly && caller.kind === 'user')
    return { ok: false, status: 403, message: 'You must authenticate via a GitHub App.' };
  if (!holds(caller.token.permissions, need)) return refused;
  if (!reads && repository.archived)
    return { ok: false, status: 403, message: 'Repository was archived so is read-only.' };
  if (caller.kind === 'user' && !atLeast(roleOf(repository, caller.token.account), need.role))
    return need.role === 'admin'
      ? { ok: false, status: 404, message: 'Not Found' }
      : { ok: false, status: 403, message: 'Must have push access to repository' };
  return { ok: true };
}

function holds(granted: Record<string, Level> | null, need: Need): boolean {
  if (granted === null) return true;
  return Object.entries(need.permissions).some(([name, level]) => {
    const have = name === 'metadata' ? (granted[name] ?? 'read') : granted[name];
    return have !== undefined && levels.indexOf(have) >= levels.indexOf(level ?? 'read');
  });
}
