import type { AttemptEntity, AttemptResult, SessionEntity } from '@gatehouse/session';

type PatchResult = Extract<AttemptResult, { kind: 'patch' }>;

/** Ended, or kept for people: nothing that comes in late changes it. */
export const isStopped = ({ state }: SessionEntity): boolean => state === 'ended' || state === 'suspended';

/** The attempt whose change is judged: the agent's last, since a resumed session has several. */
export const handedIn = (attempts: readonly AttemptEntity[]): AttemptEntity | undefined =>
  attempts.findLast(({ purpose, result }) => purpose === 'agent' && result?.kind === 'patch');

/** Its change on the base that it is judged on: as it was handed in, or as it was merged with a target that moved. */
export const changeOf = (attempt: AttemptEntity | undefined): PatchResult | undefined =>
  attempt?.result?.kind === 'patch' ? { ...attempt.result, ...attempt.rebased } : undefined;
