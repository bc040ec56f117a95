import type { Job, JobPhase } from '@gatehouse/contracts';

const sentences: Readonly<Record<JobPhase, string>> = {
  pending: 'Accepted. It waits for its base to be pinned or for a worker to take it.',
  running: 'The agent is at work in a sandbox that cannot publish anything.',
  validating: 'The agent is done. The gates are judging what it made.',
  awaiting_approval: 'All gates passed. A person has to approve before anything is published.',
  promoting: 'The promoter is publishing the candidate.',
  in_review: 'A draft pull request is open. People decide what becomes of it; the job ends with it.',
  suspended: 'It is stopped until a person has looked at it, and resumes or cancels it.',
  promoted: 'The change is published on a branch of its own; the target branch was not touched.',
  stored: 'The result is stored as an artifact. Nothing was published, as the job asked or its mode demands.',
  noop: 'The agent changed nothing, so there is nothing to publish. This is an outcome, not a failure.',
  refused: 'The gates refused the candidate. Nothing was published.',
  failed: 'The work could not be brought to an end. Nothing was published.',
  errored: 'Something technical broke. This says nothing about the change; it can be submitted again.',
  cancelled: 'It was cancelled. Nothing was published.',
};

/** Why a job is where it is, in a sentence: the server's where it has one. */
export const sentenceOf = (job: Pick<Job, 'phase' | 'reason'>): string => job.reason ?? sentences[job.phase];
