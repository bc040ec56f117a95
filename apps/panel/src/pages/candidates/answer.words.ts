import type { Candidate, Job, Promotion, PullRequest } from '@gatehouse/contracts';
import { count } from '../../elements/moment.format.js';
import { candidateLooks, promotionLook, type Look } from '../../elements/tone.js';
import { causeReason, missingOf } from '../promotions/promotion.sentence.js';
import { allFound, placeOf, type Found } from './found.js';
import { verdictSentence } from './verdict.sentence.js';

export interface Answer {
  readonly look: Look;
  readonly title: string;
  readonly why: string;
  /** The finding that the why is about, to be led to. */
  readonly found: Found | null;
  readonly next: string;
  readonly who: string;
}

export interface Known {
  readonly candidate: Candidate;
  readonly promotion: Promotion | undefined;
  readonly job: Pick<Job, 'phase' | 'reason' | 'requestedBy' | 'spec'> | undefined;
}

type Said = Omit<Answer, 'found'> & { readonly found?: Found | null };

const nobody = 'Nobody: it goes on by itself.';
const wait: Pick<Said, 'next' | 'who'> = { next: 'Wait.', who: nobody };
const again = (requester: string) => `${requester}, or anybody else who may ask for changes.`;
const blocks = ({ candidate }: Known): Found[] =>
  allFound(candidate.verdict?.gates ?? []).filter(
    ({ finding, counts }) => finding.severity === 'block' && counts,
  );

const refused = (known: Known, requester: string): Said => {
  const [first, ...others] = blocks(known);
  const at = first && placeOf(first.finding);
  const why =
    first === undefined
      ? verdictSentence(known.candidate)
      : `${first.finding.message.replace(/\.$/, '')}${at === null || first.finding.message.includes(first.finding.path ?? '') ? '' : ` (${at})`}${
          others.length === 0 ? '.' : `, and ${count(others.length, 'more problem')}.`
        }`;
  const base = {
    look: candidateLooks.fail,
    title: 'Refused: nothing was published',
    why,
    found: first ?? null,
  };
  if (known.job?.phase === 'suspended')
    return {
      ...base,
      title: 'Refused, and its job is stopped: nothing was published',
      next: 'Find out what the agent read and was told, then let its job go on, or cancel it.',
      who: 'An operator, on the page of the job.',
    };
  const patch = known.job?.spec.spec?.agent?.adapter === 'patch';
  const way = patch ? 'Make the patch anew and hand it in as a new job.' : 'Then ask for the change again.';
  const repair = known.candidate.verdict?.repair;
  return {
    ...base,
    next: `${repair ? repair.sentence : (first?.finding.next ?? 'Look at the checks below.')} ${way}`,
    who: again(requester),
  };
};

const waiting = (promotion: Promotion, requester: string): Said => {
  const [first, ...others] = promotion.askedBecause;
  const because =
    first === undefined
      ? ''
      : ` ${causeReason(first)}${others.length === 0 ? '' : ` There ${others.length === 1 ? 'is 1 more reason' : `are ${others.length} more reasons`}.`}`;
  return {
    look: promotionLook(promotion),
    title: 'Passed every check, and waits for a person',
    why: `${count(missingOf(promotion), 'more approval is', 'more approvals are')} needed before anything is published.${because}`,
    next: 'Read what changes below; then approve it, or reject it with a reason.',
    who: `Anybody with the role approver but ${requester}, who asked for it.`,
  };
};

const inPullRequest = (
  look: Look,
  { number, state, draft, mergedCommit, target }: PullRequest,
  commit: string | null,
  passed: string,
  repository: string,
): Said => {
  const as = commit === null ? '' : ` as ${commit.slice(0, 10)}`;
  const over = { next: 'Nothing.', who: 'Nobody has to.' };
  if (state === 'merged')
    return {
      look,
      title: `Merged into ${target}${mergedCommit === null ? '' : ` as ${mergedCommit.slice(0, 10)}`}`,
      why: `${passed} A person merged the pull request ${number}.`,
      ...over,
    };
  if (state === 'closed')
    return {
      look,
      title: `Promoted${as}, and its pull request ${number} was closed`,
      why: `${passed} A person closed the pull request without merging it.`,
      ...over,
    };
  return {
    look,
    title: `Promoted${as}, in the ${draft ? 'draft ' : ''}pull request ${number}`,
    why: `${passed} ${target} was not touched.`,
    next: draft
      ? 'Review the pull request; then mark it ready and merge it, or close it.'
      : 'Merge the pull request, or close it.',
    who: `Whoever may write to the repository ${repository}.`,
  };
};

const published = (promotion: Promotion, passed: string): Said => {
  const { result, target, repository } = promotion;
  const look = promotionLook(promotion);
  if (result?.branch === null || result?.branch === undefined)
    return {
      look,
      title: 'Passed and stored: nothing was written to the repository',
      why: `${passed}${promotion.degradedBecause === null ? '' : ` ${promotion.degradedBecause}`}`,
      next: 'Take the patch from here, if you want it.',
      who: 'Whoever may read it.',
    };
  const { pullRequest } = promotion;
  if (pullRequest !== null) return inPullRequest(look, pullRequest, result.commit, passed, repository);
  return {
    look,
    title: `Promoted${result.commit === null ? '' : ` as ${result.commit.slice(0, 10)}`}, on a branch of its own`,
    why: `${passed} The branch was read back and is equal; ${target} was not touched.`,
    next: `Merge the branch into ${target}, or leave it.`,
    who: `Whoever may write to the repository ${repository}.`,
  };
};

const ended = (promotion: Promotion, requester: string): Said => {
  const veto = promotion.approvals.findLast(({ answer }) => answer === 'reject');
  const said = promotion.reason?.message ?? 'It ended without being published.';
  const base = { look: promotionLook(promotion), who: again(requester) };
  if (promotion.state === 'discarded')
    return {
      ...base,
      title: 'Replaced by a newer change',
      why: said,
      next: 'Look at the newer one.',
      who: 'Nobody has to.',
    };
  if (promotion.state === 'errored')
    return {
      ...base,
      title: 'Passed, but could not be published',
      why: said,
      next: 'Mend what is named, then try again.',
      who: 'An operator.',
    };
  if (promotion.state === 'failed')
    return {
      ...base,
      title: 'Passed, but cannot be published',
      why: said,
      next: 'Ask for the change again, from where the branch is now.',
    };
  return veto === undefined
    ? {
        ...base,
        title: 'Ended: nothing was published',
        why: said,
        next: 'Ask for the change again, if it is still wanted.',
      }
    : {
        ...base,
        look: { ...base.look, tone: 'bad', label: 'Rejected' },
        title: `Rejected by ${veto.principal.name}: nothing was published`,
        why: veto.reason === '' ? 'No reason was given.' : `“${veto.reason}”`,
        next: 'Ask for another change that meets this.',
      };
};

const said = (known: Known): Said => {
  const { candidate, promotion } = known;
  const requester = known.job?.requestedBy.name ?? 'who asked';
  const look = candidateLooks[candidate.state];
  switch (candidate.state) {
    case 'judging':
      return { look, title: 'Is being checked', why: verdictSentence(candidate), ...wait };
    case 'noop':
      return {
        look,
        title: 'Nothing to change',
        why: verdictSentence(candidate),
        next: 'Nothing.',
        who: 'Nobody has to.',
      };
    case 'error':
    case 'inconclusive': {
      const [first] = blocks(known);
      return {
        look,
        title: `${look.label}: nothing was published`,
        why: first
          ? `${first.finding.message} This says nothing about the change itself.`
          : verdictSentence(candidate),
        found: first ?? null,
        next: first?.finding.next ?? 'Ask for the change again.',
        who: 'An operator.',
      };
    }
    case 'fail':
      return refused(known, requester);
    case 'pass': {
      const passed = verdictSentence({
        ...candidate,
        verdict: candidate.verdict && { ...candidate.verdict, approvalsNeeded: false },
      });
      if (promotion === undefined) return { look, title: 'Passed every check', why: passed, ...wait };
      if (promotion.state === 'awaiting_approval') return waiting(promotion, requester);
      if (promotion.state === 'succeeded') return published(promotion, passed);
      if (promotion.state === 'pending' || promotion.state === 'running')
        return {
          look: promotionLook(promotion),
          title:
            promotion.state === 'pending'
              ? 'Passed every check, and is next in the queue'
              : 'Passed every check, and is being published',
          why: promotion.reason?.message ?? passed,
          ...wait,
        };
      return ended(promotion, requester);
    }
  }
};

/** What the page says first: where the change stands, why, what to do next, and who can do it. */
export const answerOf = (known: Known): Answer => ({ found: null, ...said(known) });
