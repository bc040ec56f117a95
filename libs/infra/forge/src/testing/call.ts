import type { Answer } from './answer.js';
import type { Need } from './access.js';
import type { Account, Caller, Repository } from './world.types.js';
import type { World } from './world.js';

export interface Call {
  world: World;
  method: string;
  /** Below the API's root, e.g. `/repos/acme/widgets/pulls`. */
  path: string;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Record<string, unknown>;
  caller: Caller;
}

/** A call about a repository which the caller may make. */
export interface RepositoryCall extends Call {
  repository: Repository;
  actor: Account;
  viaApp: boolean;
}

export interface Route {
  method: string;
  pattern: string;
  handle(call: Call): Answer | Promise<Answer>;
}

export interface RepositoryRoute {
  method: string;
  /** Below `/repos/{owner}/{repo}`. */
  pattern: string;
  need: Need;
  handle(call: RepositoryCall): Answer | Promise<Answer>;
}

export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
export const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
