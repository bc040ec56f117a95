import type {
  CapabilityKind,
  EffectivePolicy,
  JobInput,
  JobSpec,
  PrincipalKind,
  Role,
} from '@gatehouse/contracts';
import { askKind, asksOf, type Ask, type Requester } from '@gatehouse/policy';
import type { Caller } from '@gatehouse/session';

/** In order of preference, where a job has none. */
export const everyKind: CapabilityKind[] = ['docker_sandbox', 'process_sandbox'];

export interface Submitter extends Caller {
  readonly kind: PrincipalKind;
  readonly roles: readonly Role[];
}

/** Untrusted input that the job was made of: whatever the agent does may be somebody else's wish. */
export const taintOf = ({ spec }: JobSpec): JobInput[] =>
  (spec.inputs ?? []).filter(({ trust }) => trust === 'untrusted');

/** As the rules know whoever asks. */
export const requesterOf = (
  { name, kind, roles }: Omit<Submitter, 'id'>,
  spec: JobSpec,
  target: string | null,
): Requester => ({ subject: { name, kind, roles }, tainted: taintOf(spec).length > 0, target });

/** All questions that a job puts to the policy, and one for each kind that it names or, without any, of `every`. */
export const allAsksOf = (
  spec: JobSpec,
  requester: Requester,
  policy: EffectivePolicy,
  every: readonly CapabilityKind[] = everyKind,
): Ask[] => [
  ...asksOf(spec, requester, policy).map(({ ask }) => ask),
  ...(spec.spec.requires.kinds ?? every).map((kind) => askKind(spec, requester, kind)),
];
