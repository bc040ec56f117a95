import type { Principal } from '@gatehouse/contracts';
import { ChangeRequestService, SubmitService } from '@gatehouse/orchestration';
import { mayDo } from '@gatehouse/policy';
import { PromotionService, PullRequestService, type PullRequestEntity } from '@gatehouse/promotion';
import { JobsRepository, PlaneSettings, SessionsRepository } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { FiringService, issueUrlOf } from '../firing.service.js';
import { IdentityService } from '../identity.service.js';
import type { Intent } from '../intent.js';
import { handled, ignored, refusal, type Asking, type Plan, type Reply, type Result } from '../plan.js';
import { code, doneText, helpText, jobLink, refusedText, statusText } from './reply.text.js';
import { TriggersRepository } from '../trigger.repository.js';

type Said = Extract<Intent, { kind: 'command' }>;
type Reviewed = Extract<Intent, { kind: 'review' }>;

/** The session that an issue or pull request is about. */
interface Subject {
  readonly jobId: string;
  readonly sessionId: string;
}

/** What people write to Gatehouse under issues and pull requests. */
@Injectable()
export class CommandService {
  constructor(
    private readonly triggers: TriggersRepository,
    private readonly firing: FiringService,
    private readonly identities: IdentityService,
    private readonly submits: SubmitService,
    private readonly requests: ChangeRequestService,
    private readonly promotions: PromotionService,
    private readonly pulls: PullRequestService,
    private readonly jobs: JobsRepository,
    private readonly sessions: SessionsRepository,
    private readonly plane: PlaneSettings,
  ) {}

  /** Of all commands but `triage`. */
  async plan(asking: Asking, said: Said): Promise<Plan> {
    const { place } = asking;
    const pull = said.issue === null ? await this.pulls.rows.byNumber(place.row.id, said.number) : undefined;
    if (said.issue === null && pull === undefined) return ignored('pull');
    const { verb } = said.command;
    // Strangers get no answer either: a comment of theirs must not make one of ours.
    if (!(await this.identities.may(place, asking.actor, 'write'))) return ignored('actor');
    if (verb === 'run' || (verb === 'retry' && said.issue !== null)) return this.run(asking, said);
    if (verb === 'change')
      return pull === undefined
        ? refusal('It is no command.', replyTo(said, helpText()))
        : this.wish(asking, pull, said.command.text, said);
    const subject = await this.subjectOf(asking, said, pull);
    if (subject === undefined) return this.no(said, `/gatehouse ${verb}`, 'No job was made of this here.');
    if (verb === 'status') return this.status(subject, said);
    const principal = await this.identities.principalOf(asking.actor);
    if (principal === undefined) return this.no(said, `/gatehouse ${verb}`, unlinked);
    if (verb === 'cancel') return this.cancel(asking, subject, principal, said);
    if (verb === 'retry') return this.again(asking, subject, principal, said);
    return verb === 'triage' ? ignored('command') : this.answer(asking, subject, principal, said, verb);
  }

  /** A review counts for the commit that it is about, and only where nothing newer was published since. */
  async planReview(asking: Asking, review: Reviewed): Promise<Plan> {
    const { place, actor } = asking;
    const pull = await this.pulls.rows.byNumber(place.row.id, review.number);
    if (pull === undefined) return ignored('pull');
    if (review.commit !== pull.head) return ignored('commit', { sessionId: pull.sessionId });
    if (!(await this.identities.may(place, actor, 'write'))) return ignored('actor');
    const principal = await this.identities.principalOf(actor);
    if (principal === undefined) return ignored('unknown_account', { sessionId: pull.sessionId });
    if (review.answer === 'request_changes') return this.wish(asking, pull, review.text, review);
    const waiting = await this.promotions.latestFor(pull.sessionId);
    if (waiting?.state !== 'awaiting_approval') return ignored('unchanged', { sessionId: pull.sessionId });
    const { candidateId } = await this.promotions.find(pull.promotionId);
    const reason = withSource(review.text, this.urlOf(asking, review));
    const about = { promotionId: waiting.id, sessionId: pull.sessionId, principal: principal.name };
    return {
      ...handled('approve', `${principal.name} approves.`, about),
      apply: async (change) => {
        await this.identities.see(change, actor);
        // Bound to what was reviewed: a newer candidate that waits was not.
        await this.promotions.answer(change, principal, waiting.id, {
          answer: 'approve',
          reason,
          candidateId,
        });
        return undefined;
      },
    };
  }

  private async run(asking: Asking, said: Said): Promise<Plan> {
    const { row } = asking.place;
    const { issue, command } = said;
    const what = `/gatehouse ${command.verb}`;
    if (issue === null)
      return this.no(
        said,
        what,
        'Jobs are made of issues. Say what to change instead: /gatehouse, and your words.',
      );
    if (!issue.open) return ignored('closed');
    const trigger = await this.triggers.listening(row.id, 'command:run');
    if (trigger === undefined) return { ...this.no(said, what, noTrigger), ...ignored('trigger') };
    if (command.verb === 'retry' && (await this.triggers.lastOf(row.id, issue.number)) === undefined)
      return this.no(said, what, 'There was no job to try again. /gatehouse run makes one.');
    const spark = {
      trigger,
      issue,
      cause: said.at.cause,
      label: null,
      said: { text: command.text, at: said.at },
    };
    return this.firing.plan(asking, spark);
  }

  private async status({ jobId, sessionId }: Subject, said: Said): Promise<Plan> {
    const job = await this.jobs.find(jobId);
    return {
      ...handled('status', `The job is ${job.phase}.`, { jobId, sessionId }),
      reply: replyTo(said, statusText(this.linkTo(jobId), job)),
    };
  }

  private cancel(asking: Asking, subject: Subject, principal: Principal, said: Said): Plan {
    const may = mayDo(principal, 'jobs:cancel');
    if (!may.allowed) return this.no(said, '/gatehouse cancel', may.reason);
    const reason = withSource(said.command.text, this.urlOf(asking, said), 400);
    return {
      ...handled('cancel', `${principal.name} ends the job.`, { ...subject, principal: principal.name }),
      reply: replyTo(
        said,
        doneText(`job ${this.linkTo(subject.jobId)} is being cancelled, as ${code(principal.name)} asked.`),
      ),
      apply: async (change) => {
        await this.identities.see(change, asking.actor);
        await this.submits.cancel(change, principal, subject.jobId, reason);
        return undefined;
      },
    };
  }

  /** Under a pull request: what errored while it was being published is tried once more. */
  private async again({ actor }: Asking, subject: Subject, principal: Principal, said: Said): Promise<Plan> {
    const may = mayDo(principal, 'promotions:operate');
    if (!may.allowed) return this.no(said, '/gatehouse retry', may.reason);
    const promotion = await this.promotions.latestFor(subject.sessionId);
    if (promotion?.state !== 'errored') return this.no(said, '/gatehouse retry', 'Nothing errored here.');
    return {
      ...handled('retry', `${principal.name} puts the promotion back into its lane.`, {
        ...subject,
        promotionId: promotion.id,
        principal: principal.name,
      }),
      reply: replyTo(said, doneText('it is published once more.')),
      apply: async (change) => {
        await this.identities.see(change, actor);
        await this.promotions.retry(change, principal, promotion.id);
        return undefined;
      },
    };
  }

  private async answer(
    asking: Asking,
    subject: Subject,
    principal: Principal,
    said: Said,
    answer: 'approve' | 'reject',
  ): Promise<Plan> {
    const what = `/gatehouse ${answer}`;
    const promotion = await this.promotions.latestFor(subject.sessionId);
    if (promotion?.state !== 'awaiting_approval')
      return this.no(said, what, 'Nothing waits for an approval.');
    // Who wrote before it was asked for has not seen what is asked about.
    if (!(Date.parse(said.at.when) >= promotion.createdAt.getTime()))
      return this.no(
        said,
        what,
        'A newer candidate waits than when this was written. Look at it, and answer again.',
      );
    const reason = withSource(said.command.text, this.urlOf(asking, said));
    return {
      ...handled(answer, `${principal.name}: ${answer}.`, {
        ...subject,
        promotionId: promotion.id,
        principal: principal.name,
      }),
      reply: replyTo(
        said,
        doneText(
          `${answer === 'approve' ? 'approved' : 'rejected'} by ${code(principal.name)}: promotion ${code(promotion.id)}.`,
        ),
      ),
      apply: async (change) => {
        await this.identities.see(change, asking.actor);
        const { candidateId } = promotion;
        await this.promotions.answer(change, principal, promotion.id, { answer, reason, candidateId });
        return undefined;
      },
    };
  }

  /** A reviewer wants something else: the session makes another attempt. */
  private async wish(
    asking: Asking,
    pull: PullRequestEntity,
    text: string,
    at: Said | Reviewed,
  ): Promise<Plan> {
    const about = { sessionId: pull.sessionId };
    const principal = await this.identities.principalOf(asking.actor);
    if (principal === undefined) return this.no(at, 'The change', unlinked);
    // Whoever may ask for jobs or answer for them may say what is still to change.
    const may = mayDo(principal, 'jobs:create');
    if (!may.allowed && !mayDo(principal, 'promotions:approve').allowed)
      return this.no(at, 'The change', may.reason);
    const source = this.urlOf(asking, at);
    return {
      ...handled('change', `${principal.name} asks for a change.`, { ...about, principal: principal.name }),
      reply: replyTo(
        at,
        doneText(`takes this up in session ${code(pull.sessionId)}, as ${code(principal.name)} asked.`),
      ),
      apply: async (change) => {
        await this.identities.see(change, asking.actor);
        // Who may write to the repository reviews there.
        const wish = { text, by: principal, isReviewer: true, source };
        await this.requests.request(change, pull.sessionId, wish);
        return undefined;
      },
    };
  }

  private async subjectOf(
    { place }: Asking,
    said: Said,
    pull: PullRequestEntity | undefined,
  ): Promise<Subject | undefined> {
    if (pull !== undefined) {
      const { id, jobId } = await this.sessions.find(pull.sessionId);
      return { jobId, sessionId: id };
    }
    const last = await this.triggers.lastOf(place.row.id, said.number);
    if (last === undefined) return undefined;
    const { id } = await this.sessions.ofJob(last.jobId);
    return { jobId: last.jobId, sessionId: id };
  }

  private no(said: Said | Reviewed, what: string, why: string): Result {
    return refusal(why, replyTo(said, refusedText(code(what), why)));
  }

  private urlOf({ place }: Asking, { number, at, kind, ...said }: Said | Reviewed): string {
    const issue = issueUrlOf(place, this.plane.settings.GATEHOUSE_GITHUB_URL, number);
    const isPull = kind === 'review' || ('issue' in said && said.issue === null);
    return `${isPull ? issue.replace(/\/issues\/(\d+)$/, '/pull/$1') : issue}${at.anchor}`;
  }

  private linkTo(jobId: string): string {
    return jobLink(this.plane.settings.GATEHOUSE_PUBLIC_URL, jobId);
  }
}

const unlinked =
  'This account stands for no principal here. An admin links it with gatehouse principal link.';
const noTrigger = 'No active trigger of this repository listens to it. See gatehouse trigger list.';

const withSource = (text: string, url: string, limit = 1500): string =>
  `${text.slice(0, limit).trim()} (${url})`.trim();

/** One answer to one comment or review. */
const replyTo = ({ number, at }: Said | Reviewed, body: string): Reply => ({
  number,
  marker: `reply:${at.cause}`,
  body,
});
