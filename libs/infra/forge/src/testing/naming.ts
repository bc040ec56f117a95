import type { Repository } from './world.types.js';

export const fullName = (repository: Repository) => `${repository.owner.login}/${repository.name}`;

export const nodeId = (kind: string, id: number | string) =>
  Buffer.from(`0:${kind}:${id}`).toString('base64url');

/** GitHub's instants have no fraction of a second. */
export const instant = (date: Date) => date.toISOString().replace(/\.\d+Z$/, 'Z');
