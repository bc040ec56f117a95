import { GatehouseError, type GivenWebhook, type WebhookTrial } from '@gatehouse/contracts';
import { Changes, type Change } from '@gatehouse/ledger';
import { PlaneSettings } from '@gatehouse/session';
import { Tasks, type TaskContext } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { CommandService } from '../command/command.service.js';
import { DismissalService } from '../command/dismissal.service.js';
import { DeliveriesRepository, type StoredDelivery } from './delivery.repository.js';
import { FiringService, isNo } from '../firing.service.js';
import type { Intent } from '../intent.js';
import { PlacesRepository } from '../place.repository.js';
import { failedResult, ignored, type Place, type Plan, type Result } from '../plan.js';
import { parseBody, readDelivery, type Reading } from './reading.js';
import { code, refusedText } from '../command/reply.text.js';
import { RepositoryEffects } from '../repository.effects.js';
import { TriageService } from '../triage/triage.service.js';
import { TriggersRepository } from '../trigger.repository.js';
import { isYoung, WitnessService } from './witness.service.js';

interface Planned {
  readonly plan: Plan;
  readonly action: string | null;
  readonly place: Place | undefined;
  /** Names the comment or review that it is about. */
  readonly cause?: string | null;
}

/** Said by a person, who must have been allowed to. */
const wishes: ReadonlySet<Intent['kind']> = new Set(['label', 'command', 'review', 'dismissal']);

/** From a stored delivery to what it brings about, once. */
@Injectable()
export class WebhookService {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly places: PlacesRepository,
    private readonly triggers: TriggersRepository,
    private readonly witness: WitnessService,
    private readonly firing: FiringService,
    private readonly commands: CommandService,
    private readonly dismissals: DismissalService,
    private readonly triage: TriageService,
    private readonly effects: RepositoryEffects,
    private readonly changes: Changes,
    private readonly tasks: Tasks,
    private readonly plane: PlaneSettings,
  ) {}

  /**
   * Task `webhook.handle`, of the engine: what happened to repositories. What people ask for is handed on.
   * Throws where something is out: it is tried again, and the delivery waits.
   */
  async run(deliveryId: string, context: TaskContext): Promise<void> {
    const delivery = await this.deliveries.waiting(deliveryId);
    if (delivery === undefined) return;
    const reading = this.readStored(delivery);
    const isWish = reading.ok && wishes.has(reading.intent.kind);
    if (!isWish || (await this.placeOf(reading)) === undefined)
      return this.handle(delivery, reading, context);
    // An answer counts as its person's, and a new account becomes a principal: the engine's login may write neither.
    await this.changes.run(async ({ manager }) => {
      const dedupeKey = `webhook.wish:${deliveryId}`;
      await this.tasks.enqueue(manager, { type: 'webhook.wish', payload: { deliveryId }, dedupeKey });
      await context.complete(manager);
    });
  }

  /** Task `webhook.wish`, of the process that people act through: what somebody asks for with a delivery. */
  async runWish(deliveryId: string, context: TaskContext): Promise<void> {
    const delivery = await this.deliveries.waiting(deliveryId);
    if (delivery !== undefined) await this.handle(delivery, this.readStored(delivery), context);
  }

  private async handle(delivery: StoredDelivery, reading: Reading, context: TaskContext): Promise<void> {
    const { id: deliveryId } = delivery;
    const planned = await this.plan(delivery, reading);
    const settle = (work: (change: Change) => Promise<Result>): Promise<void> =>
      this.changes.run(async (change) => {
        await this.settle(change, deliveryId, planned, await work(change));
        await context.complete(change.manager);
      });
    const { plan } = planned;
    try {
      await settle(async (change) => (await plan.apply?.(change)) ?? plan);
    } catch (error) {
      if (!isNo(error) || error.code === 'task.claim_lost') throw error;
      await settle(async (change) => {
        await plan.refused?.(change);
        return refusedBy(plan, error.message);
      });
    }
  }

  /** What a payload would do now. Changes nothing. */
  async dryRun({ event, payload }: GivenWebhook): Promise<WebhookTrial> {
    const { plan, action, place } = await this.plan(null, this.read(event, payload));
    const { state, outcome, reply } = plan;
    return { state, event, action, repository: place?.row.name ?? null, outcome, reply: reply?.body ?? null };
  }

  private read(event: string, payload: unknown): Reading {
    return readDelivery(event, payload, this.plane.settings.GATEHOUSE_GITHUB_APP_ID);
  }

  private readStored({ event, body }: StoredDelivery): Reading {
    return this.read(event, parseBody(body));
  }

  private async placeOf(reading: Reading): Promise<Place | undefined> {
    const about = reading.ok ? reading.envelope.repository : undefined;
    return about && (await this.places.find(about));
  }

  /** `delivery` is null where there is none: a dry run is told of a payload that nobody need have sent. */
  private async plan(delivery: StoredDelivery | null, reading: Reading): Promise<Planned> {
    const { action } = reading;
    if (!reading.ok) return { plan: failedResult(reading.message), action, place: undefined };
    const { intent } = reading;
    if (intent.kind === 'ignore') return { plan: ignored(intent.because), action, place: undefined };
    if (intent.kind === 'access')
      return { plan: await this.effects.access(intent), action, place: undefined };
    const place = await this.placeOf(reading);
    if (place === undefined) return { plan: ignored('repository'), action, place };
    const about = { action, place, ...('at' in intent && { cause: intent.at.cause }) };
    try {
      return { plan: await this.planIn(place, delivery, reading, intent), ...about };
    } catch (error) {
      if (!isNo(error)) throw error;
      // What has just been renamed or installed may be hidden for a moment.
      if (error.code === 'forge.not_found' && delivery !== null && isYoung(delivery.receivedAt))
        throw new GatehouseError('forge.unavailable', error.message, { cause: error });
      return { plan: failedResult(error.message), ...about };
    }
  }

  private async planIn(
    place: Place,
    delivery: StoredDelivery | null,
    { envelope }: Extract<Reading, { ok: true }>,
    intent: Exclude<Intent, { kind: 'ignore' | 'access' }>,
  ): Promise<Plan> {
    if (intent.kind === 'fetch') return this.effects.fetch(place, intent.branch);
    if (intent.kind === 'look') return this.effects.look(place, intent.number);
    const { repository, sender: actor } = envelope;
    if (intent.kind === 'relocate')
      return repository === undefined ? ignored('repository') : this.effects.relocate(place, repository);
    if (actor === undefined) return failedResult('The payload does not say who did it.');
    const receivedAt = delivery?.receivedAt ?? null;
    const asking = { deliveryId: delivery?.id ?? '', receivedAt, place, actor };
    if (delivery !== null && 'at' in intent) {
      if (await this.deliveries.hadEffect(place.row.id, intent.at.cause, delivery.id)) return ignored('done');
      if (!(await this.witness.confirms(asking, intent))) return ignored('unsaid');
    }
    if (intent.kind === 'command')
      return intent.command.verb === 'triage'
        ? this.triage.ofCommand(asking, intent)
        : this.commands.plan(asking, intent);
    if (intent.kind === 'review') return this.commands.planReview(asking, intent);
    if (intent.kind === 'dismissal') return this.dismissals.plan(asking, intent);
    const { label, issue, cause } = intent;
    if (this.triage.listensTo(label)) return this.triage.ofLabel(asking, issue);
    const trigger = await this.triggers.listening(place.row.id, `label:${label.toLowerCase()}`);
    return trigger === undefined
      ? ignored('trigger')
      : this.firing.plan(asking, { trigger, issue, cause, label, said: null });
  }

  private async settle(
    change: Change,
    deliveryId: string,
    { action, place, cause = null }: Planned,
    { state, outcome, reply }: Result,
  ): Promise<void> {
    const { manager } = change;
    const repositoryId = place?.row.id ?? null;
    if (!(await this.deliveries.settle(manager, deliveryId, { state, action, repositoryId, cause, outcome })))
      throw new GatehouseError(
        'task.claim_lost',
        `Delivery ${deliveryId} was handled meanwhile; this run changes nothing.`,
      );
    if (reply === undefined || repositoryId === null) return;
    await this.tasks.enqueue(manager, {
      type: 'forge.reply',
      payload: { repositoryId, number: reply.number, marker: reply.marker, body: reply.body },
    });
  }
}

/** What was planned and could not be, by then. */
const refusedBy = ({ outcome, reply }: Plan, why: string): Result => ({
  state: 'handled',
  outcome: { ...outcome, what: 'refused', reason: why },
  ...(reply && { reply: { ...reply, body: refusedText(code(outcome.what), why) } }),
});
