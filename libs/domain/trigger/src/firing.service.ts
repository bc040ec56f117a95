import { GatehouseError, JobSpec, type Principal, type Trigger } from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { RuleService, SubmitService, type Prepared } from '@gatehouse/orchestration';
import { mayDo } from '@gatehouse/policy';
import { PlaneSettings } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { jobOf, type AuthorTrust } from './firing.job.js';
import { IdentityService } from './identity.service.js';
import type { IssueSnapshot, Spoken } from './intent.js';
import type { Actor } from './webhook/payload.js';
import { handled, ignored, refusal, type Asking, type Place, type Plan, type Result } from './plan.js';
import { jobLink, refusedText, runsText, tookText } from './command/reply.text.js';
import { TriggersRepository } from './trigger.repository.js';
import { WitnessService } from './webhook/witness.service.js';

/** What set a trigger off. */
export interface Spark {
  readonly trigger: Trigger;
  readonly issue: IssueSnapshot;
  /** One cause makes at most one job, however often it is told. */
  readonly cause: string;
  readonly label: string | null;
  /** Null where a label did. */
  readonly said: { readonly text: string; readonly at: Spoken } | null;
}

type Who = { readonly principal: Principal } | { readonly newName: string };

/** From something that happened at the forge to a job, at most one. */
@Injectable()
export class FiringService {
  constructor(
    private readonly rows: TriggersRepository,
    private readonly identities: IdentityService,
    private readonly witness: WitnessService,
    private readonly submits: SubmitService,
    private readonly rules: RuleService,
    private readonly plane: PlaneSettings,
  ) {}

  /** Reads only; `apply` of the answer makes the job. */
  async plan(asking: Asking, spark: Spark): Promise<Plan> {
    const { place, actor } = asking;
    const { trigger, cause } = spark;
    const { permission, unknown } = trigger.document.spec.who;
    const about = { triggerId: trigger.id };
    if (!(await this.identities.may(place, actor, permission))) return ignored('actor', about);
    const earlier = await this.rows.firedBy(place.row.id, cause);
    if (earlier !== undefined) return hadItsJob(earlier);
    const who = await this.whoIs(actor, unknown === 'create');
    if (typeof who === 'string') return this.refuse(spark, who);
    const shown = await this.witness.showsIssue(asking, spark.issue, spark.label);
    if (shown === 'not') return ignored('unsaid', about);
    const author = await this.trustIn(place, spark.issue.author, shown === 'same');
    let prepared: Prepared;
    try {
      prepared = await this.submits.prepare(this.specOf(place, spark, author));
      const caller = 'principal' in who ? who.principal : nobodyYet(who.newName);
      await this.submits.policyFor(caller, prepared);
    } catch (error) {
      if (!isNo(error)) throw error;
      return this.refuse(spark, error.message);
    }
    const name = 'principal' in who ? who.principal.name : who.newName;
    return {
      ...handled('job', `The trigger ${trigger.name} makes a job of issue ${spark.issue.number}.`, {
        ...about,
        principal: name,
      }),
      reply: this.replyTo(spark, tookText('…', trigger.name, name)),
      apply: (change) => this.fire(change, asking, spark, { who, prepared }),
      refused: (change) =>
        'principal' in who ? this.rules.noteRefusal(change, who.principal, prepared) : Promise.resolve(),
    };
  }

  private async fire(
    change: Change,
    { deliveryId, place, actor }: Asking,
    spark: Spark,
    { who, prepared }: { who: Who; prepared: Prepared },
  ): Promise<Result> {
    const { manager } = change;
    const { trigger, issue, cause } = spark;
    await this.rows.lockIssue(manager, place.row.id, issue.number);
    const earlier = await this.rows.firedBy(place.row.id, cause, manager);
    if (earlier !== undefined) return hadItsJob(earlier);
    const last = await this.rows.lastOf(place.row.id, issue.number, trigger.name, manager);
    if (last?.live === true) {
      const result = ignored('live', { triggerId: trigger.id, jobId: last.jobId });
      return spark.said === null
        ? result
        : { ...result, reply: this.replyTo(spark, runsText(this.linkTo(last.jobId))) };
    }
    // Of two first wishes of one account the second finds what the first has made.
    const caller =
      'principal' in who
        ? who.principal
        : ((await this.identities.principalOf(actor, manager)) ??
          (await this.identities.adopt(change, actor)));
    await this.identities.see(change, actor);
    const job = await this.submits.accept(change, caller, prepared);
    change.record({
      streamId: job.sessionId,
      type: 'job.triggered',
      actor: caller.id,
      payload: {
        jobId: job.id,
        triggerId: trigger.id,
        name: trigger.name,
        repository: trigger.repository,
        version: trigger.version,
        deliveryId,
        source: issueUrlOf(place, this.plane.settings.GATEHOUSE_GITHUB_URL, issue.number),
        by: actor.login,
      },
    });
    await this.rows.noteFiring(manager, {
      repositoryId: place.row.id,
      cause,
      triggerId: trigger.id,
      number: issue.number,
      jobId: job.id,
    });
    return {
      ...handled('job', `The trigger ${trigger.name} made a job of issue ${issue.number}.`, {
        triggerId: trigger.id,
        jobId: job.id,
        sessionId: job.sessionId,
        principal: caller.name,
      }),
      reply: this.replyTo(spark, tookText(this.linkTo(job.id), trigger.name, caller.name)),
    };
  }

  /** Or why nobody may be it. */
  private async whoIs(actor: Actor, mayCreate: boolean): Promise<Who | string> {
    const principal = await this.identities.principalOf(actor);
    if (principal !== undefined) {
      const may = mayDo(principal, 'jobs:create');
      return may.allowed ? { principal } : may.reason;
    }
    if (await this.identities.isKnown(actor)) return 'The principal of this account is disabled.';
    return mayCreate
      ? { newName: this.identities.nameFor(actor) }
      : 'This account stands for no principal here. An admin links it with gatehouse principal link.';
  }

  /** The author is not whoever set it off: what they wrote is only as good as what they may do. */
  private async trustIn(place: Place, author: Actor | null, isShown: boolean): Promise<AuthorTrust> {
    if (!isShown)
      return { trust: 'untrusted', reason: 'The forge shows other words by now, or another author.' };
    if (author === null) return { trust: 'untrusted', reason: 'The account of its author is gone.' };
    const trusted = await this.identities.may(place, author, 'write');
    return trusted
      ? { trust: 'trusted', reason: 'Its author may write to the repository.' }
      : { trust: 'untrusted', reason: 'Its author may not write to the repository.' };
  }

  private specOf(place: Place, { trigger, issue, said }: Spark, author: AuthorTrust): JobSpec {
    const issueUrl = issueUrlOf(place, this.plane.settings.GATEHOUSE_GITHUB_URL, issue.number);
    const spec = JobSpec.safeParse(
      jobOf({
        trigger,
        issue,
        issueUrl,
        author,
        ...(said !== null && { said: { text: said.text, url: `${issueUrl}${said.at.anchor}` } }),
      }),
    );
    if (spec.success) return spec.data;
    const [issueOf] = spec.error.issues;
    throw new GatehouseError(
      'request.invalid',
      `No job can be made of it: ${issueOf?.path.join('.')}: ${issueOf?.message}.`,
    );
  }

  private refuse(spark: Spark, why: string): Result {
    const said = refusal(why, this.replyTo(spark, refusedText('The job', why)));
    return { ...said, outcome: { ...said.outcome, triggerId: spark.trigger.id } };
  }

  private replyTo({ issue, cause, said }: Spark, body: string): Result['reply'] {
    // A label has no comment of its own to answer: one answer for each time that it is set.
    const marker = said === null ? `label:${issue.number}:${cause.replace(/[^0-9]/g, '')}` : said.at.cause;
    return { number: issue.number, marker: `reply:${marker}`.slice(0, 100), body };
  }

  private linkTo(jobId: string): string {
    return jobLink(this.plane.settings.GATEHOUSE_PUBLIC_URL, jobId);
  }
}

/** A no that is the asker's to hear; an outage is tried again. */
export const isNo = (error: unknown): error is GatehouseError =>
  error instanceof GatehouseError && (error.fault === 'caller' || error.fault === 'conflict');

export const issueUrlOf = ({ repo }: Place, forgeUrl: string, number: number): string =>
  `${forgeUrl}/${repo.owner}/${repo.name}/issues/${number}`;

const hadItsJob = ({ jobId, triggerId }: { jobId: string; triggerId: string }): Result =>
  handled('job', 'It has had its job already.', { jobId, triggerId });

/** As the rules would know whoever is made a principal. */
const nobodyYet = (name: string) =>
  ({ id: 'prn_00000000000000000000000000', name, kind: 'user', roles: ['requester'] }) as const;
