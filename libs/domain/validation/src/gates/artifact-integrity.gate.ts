import { decide, finding, missing, type ContextGate } from '../gate.js';

const askAgain = 'Nothing to repair by hand: start the job again.';

export const artifactIntegrity: ContextGate = {
  id: 'artifact-integrity',
  group: 'artifact',
  part: 'context',
  stage: 'artifact',
  version: 1,
  summary: 'The upload has the declared digest and belongs to the current lease',
  always: true,
  check: ({ artifact, lease }) => {
    if (artifact === null) return missing('the received artifact');
    if (lease === null) return missing('the lease of the upload');
    const faults: [boolean, string, string][] = [
      [
        artifact.sha256 !== artifact.declaredSha256,
        'artifact.digest_mismatch',
        'The received bytes do not have the declared digest.',
      ],
      [
        lease.generation !== lease.currentGeneration,
        'artifact.stale_lease',
        `The upload came under generation ${lease.generation}, and ${lease.currentGeneration} counts now.`,
      ],
      [!lease.sessionMatches, 'artifact.other_session', 'The upload belongs to another session.'],
      [!lease.repositoryMatches, 'artifact.other_repository', 'The upload was made for another repository.'],
      [
        !lease.baseMatches,
        'artifact.other_base',
        'The upload was made on another base than the lease granted.',
      ],
    ];
    return decide(
      faults
        .filter(([fault]) => fault)
        .map(([, code, message]) => finding({ code, severity: 'block', message, next: askAgain })),
    );
  },
};
