import { ZERO } from './bare.repository.js';
import { rulesFor } from './rules.routes.js';
import type { Account, Repository } from './world.types.js';
import type { Move } from './pushes.js';
import type { World } from './world.js';

type Refusal = 'refused' | 'no deletion' | 'no force' | 'no creation' | 'signed';

/** What a branch's protection and rulesets refuse this account. */
function refusals(world: World, repository: Repository, by: Account, move: Move): Set<Refusal> {
  const found = new Set<Refusal>();
  const branch = /^refs\/heads\/(.*)$/.exec(move.ref)?.[1];
  if (branch === undefined) return found;
  const names = by === world.app.bot ? [by.login, world.app.slug] : [by.login];
  const protection = repository.protections.get(branch);
  if (protection) {
    const closed = protection.pushers && !protection.pushers.some((one) => names.includes(one));
    if (closed || protection.requiredApprovals !== undefined) found.add('refused');
    if (!protection.allowForcePushes) found.add('no force');
    if (!protection.allowDeletions) found.add('no deletion');
    if (protection.requiredSignatures) found.add('signed');
  }
  for (const rule of rulesFor(repository, branch)) {
    if (rule.bypass?.some((one) => names.includes(one))) continue;
    if (rule.type === 'pull_request') found.add('refused');
    if (rule.type === 'update' && move.before !== ZERO && move.after !== ZERO) found.add('refused');
    if (rule.type === 'creation') found.add('no creation');
    if (rule.type === 'deletion') found.add('no deletion');
    if (rule.type === 'non_fast_forward') found.add('no force');
    if (rule.type === 'required_signatures') found.add('signed');
  }
  return found;
}

/** The same as environment of the update hook, which alone sees the pushed objects. */
export function constraintsOn(world: World, repository: Repository, by: Account, moves: Move[]) {
  const listed = (wanted: Refusal) =>
    moves
      .filter((move) => refusals(world, repository, by, move).has(wanted))
      .map((move) => move.ref)
      .join(' ');
  return {
    STANDIN_REFUSED: listed('refused'),
    STANDIN_REFUSED_WHY: 'GH006: Protected branch update failed for',
    STANDIN_NO_DELETION: listed('no deletion'),
    STANDIN_NO_FORCE: listed('no force'),
    STANDIN_NO_CREATION: listed('no creation'),
    STANDIN_SIGNED: listed('signed'),
  };
}

/** Why this account may not move the ref so, or null. */
export function refusedMove(
  world: World,
  repository: Repository,
  by: Account,
  move: Move,
  forced: boolean,
): string | null {
  const found = refusals(world, repository, by, move);
  if (move.after === ZERO) return found.has('no deletion') ? `Cannot delete ${move.ref}` : null;
  if (found.has('refused')) return `Protected branch update failed for ${move.ref}`;
  if (found.has('no creation') && move.before === ZERO) return `Cannot create ${move.ref}`;
  return found.has('no force') && forced ? `Cannot force-push to ${move.ref}` : null;
}
