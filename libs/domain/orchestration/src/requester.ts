import type { CapabilityKind, PrincipalKind, Role } from '@gatehouse/contracts';
import type { Requester } from '@gatehouse/policy';
import type { Caller } from '@gatehouse/session';

/** In order of preference, where a job has none. */
export const everyKind: CapabilityKind[] = ['docker_sandbox', 'process_sandbox'];

export interface Submitter extends Caller {
  readonly kind: PrincipalKind;
  readonly roles: readonly Role[];
}

/** As the rules know whoever asks. Nothing comes from outside yet that would taint a session. */
export const requesterOf = (
  { name, kind, roles }: Omit<Submitter, 'id'>,
  target: string | null,
): Requester => ({ subject: { name, kind, roles }, tainted: false, target });
