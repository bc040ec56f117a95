import {
  CapabilityKind,
  contentActions,
  GatehouseError,
  type DecisionQuery,
  type DecisionSubject,
  type EffectivePolicy,
  type ExplainPolicy,
  type Page,
  type PolicyDecision,
  type PolicyDocument,
  type PolicyExplanation,
  type PolicyLint,
} from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { layerOf, withDefault } from './document.layer.js';
import type { Ask } from './decision.rule.js';
import { answerTo, explain } from './explain.js';
import { lintPolicy, type LintSurroundings } from './lint.js';
import type { Layer } from './merge.js';
import { rawPathOfText } from './glob/path.js';
import { PolicyDecisionRepository, type DecisionPlace } from './policy.decision.repository.js';
import { PolicyRepository } from './policy.repository.js';
import { PolicySetRepository } from './policy-set/policy.set.repository.js';

/** A document that would stand in place of its layer, or an earlier set that would come back. */
export type Proposal = { readonly document: PolicyDocument } | { readonly policySet: string };

/** The layers that a job would lie under: on this repository (null: none), and on any of these kinds. */
export type LayersFor = (repository: string | null, kinds?: readonly CapabilityKind[]) => readonly Layer[];

const appliesTo = (
  { metadata }: PolicyDocument,
  repository: string | null,
  kinds: readonly CapabilityKind[],
): boolean => {
  const { layer, organisation, capability } = metadata;
  if (layer === 'organisation') return repository?.startsWith(`${organisation}/`) === true;
  if (layer === 'capability') return capability !== undefined && kinds.includes(capability);
  return layer === 'installation' || metadata.repository === repository;
};

const placeOf = ({ metadata }: PolicyDocument): string => {
  const { layer, repository, organisation, capability } = metadata;
  return JSON.stringify([layer, repository ?? organisation ?? capability ?? null]);
};

/** Whether some job could lie under both. */
const meets = (one: PolicyDocument, other: PolicyDocument): boolean => {
  const [a, b] = [one.metadata, other.metadata];
  if (a.layer === b.layer) return a.layer === 'capability';
  if (a.layer === 'organisation' && b.layer === 'repository') return appliesTo(one, b.repository ?? null, []);
  if (b.layer === 'organisation' && a.layer === 'repository')
    return appliesTo(other, a.repository ?? null, []);
  return true;
};

/** Policies that are only looked at: explained, checked, or proposed. */
@Injectable()
export class PolicyTrialService {
  constructor(
    private readonly policies: PolicyRepository,
    private readonly sets: PolicySetRepository,
    private readonly decisions: PolicyDecisionRepository,
  ) {}

  /** Decides, and keeps each answer with the change that it is about. */
  async record(
    manager: Transaction,
    place: DecisionPlace,
    policy: EffectivePolicy,
    asks: readonly Ask[],
  ): Promise<void> {
    await this.decisions.insert(
      manager,
      place,
      asks.map((ask) => [ask, answerTo(policy, ask)] as const),
    );
  }

  /** Ends what was kept long enough, a small batch a time; answers how many. */
  forget(keptMs: number, batch: number): Promise<number> {
    return this.decisions.forget(keptMs, batch);
  }

  page(query: DecisionQuery): Promise<Page<PolicyDecision>> {
    return this.decisions.page(query);
  }

  /** Throws `repository.not_found`. */
  async explain(asked: ExplainPolicy, caller: DecisionSubject): Promise<PolicyExplanation> {
    const { repository, action, resource, context } = asked;
    if (repository !== undefined && (await this.policies.repositoryId(repository)) === undefined)
      throw new GatehouseError(
        'repository.not_found',
        `There is no repository ${repository}. List them with gatehouse repo list.`,
      );
    const { name, kind, roles } = asked.subject ?? caller;
    const ask: Ask = {
      subject: contentActions.includes(action) ? null : { name, kind, roles },
      action,
      resource: rawPathOfText(resource),
      context: { tainted: context.tainted, level: context.level ?? null },
    };
    const kinds = CapabilityKind.options.filter((kind) => action !== 'capability.use' || kind === resource);
    return explain((await this.active())(repository ?? null, kinds), ask, context.mode);
  }

  /** What is odd about a document beside the active ones; `gates` are those of this build. */
  async lint(document: PolicyDocument, gates: LintSurroundings['gates']): Promise<PolicyLint[]> {
    const documents = await this.documents();
    const mine = placeOf(document);
    const { repository = null } = document.metadata;
    const rest = documents.filter((other) => placeOf(other) !== mine);
    const above = rest.filter(
      (other) => other.metadata.layer !== 'capability' && appliesTo(other, repository, []),
    );
    const beside = rest.filter((other) => !above.includes(other) && meets(document, other));
    const [others, further] = [above.map(layerOf), beside.map(layerOf)];
    return lintPolicy(document, { others, further, gates });
  }

  /** What is in force now. */
  async active(): Promise<LayersFor> {
    return this.layersFrom(await this.documents());
  }

  /** What would be in force. Throws `request.not_found`. */
  async proposed(proposal: Proposal): Promise<LayersFor> {
    if ('document' in proposal) {
      const mine = placeOf(proposal.document);
      const rest = (await this.documents()).filter((document) => placeOf(document) !== mine);
      return this.layersFrom([...rest, proposal.document]);
    }
    const set = await this.sets.find(proposal.policySet);
    if (set === undefined)
      throw new GatehouseError(
        'request.not_found',
        `There is no policy set ${proposal.policySet}. List them with gatehouse policy sets.`,
      );
    const found = await Promise.all(set.members.map(({ policyId }) => this.policies.find(policyId)));
    return this.layersFrom(found.flatMap((policy) => (policy === undefined ? [] : [policy.document])));
  }

  private async documents(): Promise<PolicyDocument[]> {
    const active = await this.policies.allActive();
    return active.map(({ document }) => document);
  }

  private layersFrom(documents: readonly PolicyDocument[]): LayersFor {
    return (repository, kinds = []) =>
      withDefault(documents.filter((document) => appliesTo(document, repository, kinds)).map(layerOf));
  }
}
