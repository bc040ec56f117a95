import { bindingDigest } from './binding.js';
import { candidateId } from './candidate.js';
import { approvalFault } from './proof.approvals.js';
import { saidOf, streamFault } from './proof.history.js';
import { statementOf, type Predicate, type Statement } from './statement.js';

export interface ContentCheck {
  readonly check: string;
  /** What is said where it holds. */
  readonly holds: (predicate: Predicate) => string;
  /** What is wrong; undefined where it holds. */
  readonly fault: (predicate: Predicate, statement: Statement) => string | undefined;
}

const short = (digest: string): string => digest.replace(/^cnd_/, '').slice(0, 12);

const subjectFault = (predicate: Predicate, { subject }: Statement): string | undefined => {
  const [commit, tree] = statementOf(predicate).subject;
  const { candidate, commit: made } = predicate;
  if (subject[0]?.digest['gitCommit'] !== commit?.digest['gitCommit'])
    return `The subject is not commit ${short(made.id)}, which the promotion made.`;
  if (subject[1]?.digest['gitTree'] !== tree?.digest['gitTree'])
    return `The subject is not tree ${short(made.tree)}, which the promotion published.`;
  if (subject.length !== 2 || subject[0]?.name !== commit?.name || subject[1]?.name !== tree?.name)
    return 'The subject has another name than repository and branch of the promotion, or more parts.';
  return made.tree === candidate.tree
    ? undefined
    : `Tree ${short(made.tree)} was published, not ${short(candidate.tree)} of the candidate.`;
};

const candidateFault = ({ base, candidate, job, history }: Predicate): string | undefined => {
  const id = candidateId({
    base: base.commit,
    tree: candidate.tree,
    patchSha256: candidate.patch.replace(/^sha256:/, ''),
    jobSpecDigest: job.specDigest,
  });
  if (id !== candidate.id)
    return 'The id of the candidate does not follow from base commit, tree, patch and JobSpec: one of them was changed.';
  const made = saidOf(history.session, 'candidate.created').some(
    ({ payload }) => payload.candidateId === id && payload.tree === candidate.tree,
  );
  return made ? undefined : 'The history of the session does not know this candidate.';
};

const jobFault = ({ job, history }: Predicate): string | undefined => {
  const accepted = saidOf(history.session, 'job.accepted').find(({ payload }) => payload.jobId === job.id);
  if (accepted === undefined) return `The history of the session does not say that ${job.id} was accepted.`;
  if (accepted.payload.specDigest !== job.specDigest)
    return `The history has another JobSpec (${short(accepted.payload.specDigest)}) than the statement (${short(job.specDigest)}).`;
  return accepted.event.actor === job.requestedBy.id
    ? undefined
    : `${accepted.event.actor} asked for the job, not ${job.requestedBy.id}.`;
};

const baseFault = ({ base, candidate, history }: Predicate): string | undefined => {
  const made = saidOf(history.session, 'candidate.created').filter(
    ({ payload }) => payload.candidateId === candidate.id,
  );
  if (made.some(({ payload }) => payload.base === base.commit && payload.baseTree === base.tree))
    return undefined;
  return `The candidate was not made on base ${short(base.commit)} with tree ${short(base.tree)}.`;
};

const leaseFault = ({ leases, history }: Predicate): string | undefined => {
  const granted = saidOf(history.session, 'lease.granted').map(({ payload }) => payload);
  let before = 0;
  for (const { generation, attemptId, worker } of leases) {
    if (generation <= before) return `A lease of generation ${generation} follows one of ${before}.`;
    before = generation;
    const known = granted.some(
      (one) => one.generation === generation && one.attemptId === attemptId && one.worker === worker,
    );
    if (!known)
      return `The history does not know a lease of generation ${generation} for ${worker} on ${attemptId}.`;
  }
  if (leases.length !== granted.length)
    return `The history has ${granted.length} leases, the statement ${leases.length}.`;
  let highest = 0;
  for (const { seq, lease_generation: generation } of history.session.events) {
    if (generation === null) continue;
    if (generation < highest)
      return `Event ${seq} has generation ${generation}, after one of generation ${highest}.`;
    highest = generation;
  }
  return undefined;
};

const verdictOf = ({ verdict, history }: Predicate) =>
  saidOf(history.session, 'verdict.decided').find(({ payload }) => payload.verdictId === verdict.id)?.payload;

const verdictFault = (predicate: Predicate): string | undefined => {
  const { verdict, candidate, base, history } = predicate;
  if (verdict.outcome !== 'pass') return `The verdict is ${verdict.outcome}, no pass.`;
  const said = verdictOf(predicate);
  if (said === undefined) return `The history of the session does not know the verdict ${verdict.id}.`;
  if (said.outcome !== 'pass') return `The history has this verdict as ${said.outcome}, no pass.`;
  if (said.candidateId !== candidate.id || said.tree !== candidate.tree || said.baseTree !== base.tree)
    return 'The verdict is about another candidate or other trees than were published.';
  if (said.gateSetDigest !== verdict.gateSetDigest || said.approvalsNeeded !== verdict.approvalsNeeded)
    return 'The verdict in the history is about other gates, or asks for approvals otherwise.';
  const last = saidOf(history.session, 'verdict.decided').findLast(
    ({ payload }) => payload.candidateId === candidate.id,
  );
  return last?.payload.verdictId === verdict.id
    ? undefined
    : `A later verdict (${last?.payload.verdictId}) took the place of this one.`;
};

const policyFault = (predicate: Predicate): string | undefined => {
  const said = verdictOf(predicate)?.policyDigest;
  return said === predicate.policy.digest
    ? undefined
    : `The verdict was decided under policy ${short(said ?? 'unknown')}, not ${short(predicate.policy.digest)}.`;
};

const gateFault = (predicate: Predicate): string | undefined => {
  const { gates } = predicate.verdict;
  const answers = verdictOf(predicate)?.answers ?? [];
  for (const { gate, digest, part, answer } of answers) {
    const found = gates.find((one) => one.gate === gate && one.part === part);
    if (found === undefined) return `The answer of gate ${gate} is missing.`;
    if (found.digest !== digest || found.answer !== answer)
      return `Gate ${gate} answered otherwise in the history (${answer}, ${short(digest)}).`;
  }
  if (gates.length !== answers.length)
    return `The history has ${answers.length} answers of gates, the statement ${gates.length}.`;
  const failed = gates.find(({ required, answer }) => required && answer !== 'pass')?.gate;
  const inHistory = verdictOf(predicate)?.failed[0];
  if (failed === undefined && inHistory === undefined) return undefined;
  return `Gate ${failed ?? inHistory} had to pass and did not.`;
};

const bindingFault = ({
  promotion,
  approvals,
  base,
  candidate,
  policy,
  history,
}: Predicate): string | undefined => {
  const { repository, target, level } = promotion;
  const digest = bindingDigest({
    ...{ repositoryId: repository.id, target, level },
    ...{ baseTree: base.tree, tree: candidate.tree, policyDigest: policy.digest },
  });
  if (digest !== approvals.bindingDigest)
    return 'The promotion is bound to another repository, target, level, tree or policy than the statement names.';
  const asked = saidOf(history.session, 'promotion.requested')
    .map(({ payload }) => payload)
    .find(({ promotionId }) => promotionId === promotion.id);
  if (asked === undefined) return `The history of the session does not know promotion ${promotion.id}.`;
  const isSame =
    asked.candidateId === candidate.id && asked.bindingDigest === digest && asked.target === target;
  return isSame && asked.level === level
    ? undefined
    : 'The history has this promotion of another candidate, target, level or binding.';
};

const streamsFault = ({ promotion, history, candidate }: Predicate): string | undefined => {
  const { session, lane } = history;
  const fault = streamFault(session) ?? streamFault(lane);
  if (fault !== undefined) return fault;
  if (session.stream !== promotion.sessionId || session.after.seq !== 0)
    return `The history is not that of ${promotion.sessionId} from its beginning.`;
  const { repository, target, id } = promotion;
  if (lane.stream !== `lane:${repository.id}:${encodeURIComponent(target)}`)
    return `The history is not that of the lane of ${repository.id} and ${target}.`;
  const isThere = saidOf(lane, 'promotion.requested').some(
    ({ payload }) => payload.promotionId === id && payload.candidateId === candidate.id,
  );
  return isThere ? undefined : `The history of the lane does not know promotion ${id}.`;
};

/** What a statement says, held against the history that it carries, one line each; the order is that of the report. */
export const contentChecks: readonly ContentCheck[] = [
  {
    check: 'subject',
    holds: ({ commit }) => `It is about commit ${commit.id} with tree ${commit.tree}.`,
    fault: subjectFault,
  },
  {
    check: 'chain',
    holds: ({ history: { session, lane } }) =>
      `${session.events.length} events of the session and ${lane.events.length} of its lane follow one another up to the heads that were signed.`,
    fault: streamsFault,
  },
  {
    check: 'job',
    holds: ({ job }) =>
      `${job.requestedBy.name} asked for job ${job.name}, JobSpec ${short(job.specDigest)}.`,
    fault: jobFault,
  },
  {
    check: 'candidate',
    holds: ({ candidate }) =>
      `The candidate ${short(candidate.id)} is base, tree, patch and JobSpec together.`,
    fault: candidateFault,
  },
  {
    check: 'base',
    holds: ({ base }) => `It was made on commit ${base.commit} with tree ${base.tree}.`,
    fault: baseFault,
  },
  {
    check: 'lease',
    holds: ({ leases }) => `${leases.length} leases, each of a higher generation than the one before.`,
    fault: leaseFault,
  },
  {
    check: 'verdict',
    holds: ({ verdict }) => `The verdict ${verdict.id} is a pass.`,
    fault: verdictFault,
  },
  {
    check: 'policy',
    holds: ({ policy }) => `It was decided under policy ${policy.digest}.`,
    fault: policyFault,
  },
  {
    check: 'gates',
    holds: ({ verdict: { gates } }) =>
      `${gates.filter(({ required }) => required).length} gates that had to pass did.`,
    fault: gateFault,
  },
  {
    check: 'binding',
    holds: () => 'Repository, target, level, trees and policy are those that the promotion was bound to.',
    fault: bindingFault,
  },
  {
    check: 'approvals',
    holds: ({ approvals: { quorum, given } }) =>
      quorum === 0
        ? 'No approval was asked for.'
        : `${given.length} of ${quorum} approvals asked for: ${given.map(({ principal }) => principal.name).join(', ')}.`,
    fault: approvalFault,
  },
];
