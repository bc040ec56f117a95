import type { GateResult } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { digestOf } from '@gatehouse/proof';
import { newId } from '@gatehouse/session';

export const gates: GateResult[] = [
  { gate: 'size', part: 'static', summary: 'How much it changes', answer: 'pass', findings: [] },
];
export const gateSetDigest = digestOf(gates);

/** Types of events that stand before a promotion is asked for. */
export const prelude = ['job.accepted', 'candidate.created', 'verdict.decided'];

interface Passed {
  readonly job: string;
  readonly session: string;
  readonly requester: string;
  readonly repository: string;
  readonly candidate: string;
  readonly verdict: string;
  readonly specDigest: string;
  readonly policyDigest: string;
  readonly base: string;
  readonly baseTree: string;
  readonly tree: string;
  readonly patch: string;
}

/** What api and engine had recorded of a candidate that passed. */
export const recordPrelude = ({ record }: Change, passed: Passed): void => {
  const { session: streamId, candidate: candidateId, specDigest, policyDigest } = passed;
  const { baseTree, tree, base, patch } = passed;
  const ofCandidate = { candidateId, alias: 'brave-otter', baseTree, tree };
  const { job: jobId, repository, requester: actor, verdict: verdictId } = passed;
  record({
    ...{ streamId, type: 'job.accepted', actor },
    payload: { jobId, name: 'fix-typo', specDigest, repository, policyDigest },
  });
  record({
    ...{ streamId, type: 'candidate.created', actor: 'engine' },
    payload: { ...ofCandidate, attemptId: newId('attempt'), base, patch, files: 1, specDigest },
  });
  record({
    ...{ streamId, type: 'verdict.decided', actor: 'engine' },
    payload: {
      ...{ ...ofCandidate, verdictId, outcome: 'pass', approvalsNeeded: false },
      ...{ policyDigest, gateSetDigest, failed: [], codes: [] },
      answers: gates.map((result) => ({
        ...{ gate: result.gate, part: result.part, answer: result.answer },
        digest: digestOf(result),
      })),
    },
  });
};
