import type { Job, Me, PullRequest, Role, Session } from '@gatehouse/contracts';
import type { Answer } from './promotion.allowed.js';

/** Those who review; whoever asked for the job may ask on as well. */
const reviewers: readonly Role[] = ['approver', 'operator', 'admin'];

export interface Asked {
  readonly pull: Pick<PullRequest, 'state'> | null;
  readonly session: Pick<Session, 'state'> | undefined;
  readonly job: Pick<Job, 'requestedBy' | 'spec'> | undefined;
}

/** Whether a change of what is published may be asked for. The server decides, this only explains beforehand. */
export const changeAllowed = ({ pull, session, job }: Asked, { principal }: Me): Answer => {
  if (pull?.state !== 'open' || job === undefined || session === undefined) return { shown: false };
  // What was handed in as a patch has no agent that could be asked.
  if (job.spec.spec.agent.adapter === 'patch') return { shown: false };
  const mayAsk =
    job.requestedBy.id === principal.id || principal.roles.some((role) => reviewers.includes(role));
  if (!mayAsk) return { shown: false };
  return {
    shown: true,
    why: session.state === 'idle' ? null : 'It is at work on a change already. Ask again when it is done.',
  };
};
