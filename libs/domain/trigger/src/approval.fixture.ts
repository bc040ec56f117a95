import { ArtifactStore } from '@gatehouse/ledger';
import { newId } from '@gatehouse/session';
import type { TriggerFixture } from './trigger.fixture.js';

/** A candidate that nobody made. */
export const candidateRow = async (plane: TriggerFixture): Promise<string> => {
  const id = `cnd_${Buffer.from(newId('job')).toString('hex').padEnd(64, '0').slice(0, 64)}`;
  const patch = await plane.app
    .get(ArtifactStore)
    .put(Buffer.from(id), { kind: 'patch', mediaType: 'text/plain' });
  await plane.query(
    `INSERT INTO candidates (id, alias, repository_id, base, base_tree, tree, patch, patch_bytes, files, spec_digest)
     VALUES ($1, $2, $3, 'b', 'bt', 't', $4, 1, 1, 'd')`,
    [id, `alias-${id.slice(-8)}`, plane.repositoryId, patch.id],
  );
  return id;
};

/** What waits for an approval, asked for a minute ago. */
export const waitingRow = async (
  plane: TriggerFixture,
  session: string,
  candidateId: string,
): Promise<string> => {
  const [verdict, id] = [newId('verdict'), newId('promotion')];
  await plane.query(
    `INSERT INTO verdicts (id, candidate_id, session_id, outcome, approvals_needed, policy_digest, gate_set_digest, static_digest, cached, gates)
     SELECT $1, $2, id, 'pass', true, policy_digest, 'g', 's', false, '[]' FROM sessions WHERE id = $3`,
    [verdict, candidateId, session],
  );
  await plane.query(
    `INSERT INTO promotions (id, candidate_id, session_id, verdict_id, repository_id, target, requested_level, level, state, quorum, binding_digest, created_at)
     VALUES ($1, $2, $3, $4, $5, 'main', 'draft_pr', 'draft_pr', 'awaiting_approval', 1, $6, now() - interval '1 minute')`,
    [id, candidateId, session, verdict, plane.repositoryId, 'cd'.repeat(32)],
  );
  return id;
};
