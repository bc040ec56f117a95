import {
  GatehouseError,
  installationStream,
  type CreatePolicySet,
  type Page,
  type PageQuery,
  type Policy,
  type PolicyDocument,
  type PolicySet,
  type PolicySetMember,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { digestOf } from '@gatehouse/proof';
import { newId } from '@gatehouse/session';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { wantsAnotherPerson } from '../activation.js';
import { layersOf } from '../document.layer.js';
import { mergeLayers } from '../merge.js';
import { PolicyRepository } from '../policy.repository.js';
import { PrincipalRepository } from '../principal.repository.js';
import { PolicySetRepository } from './policy.set.repository.js';

interface Caller {
  readonly id: string;
}

/** What two sets are compared by: what they say, not when or by whom it was stored. */
const digestOfMembers = (members: readonly PolicySetMember[]): string =>
  digestOf(
    members
      .map(({ layer, repository, scope = null, name, digest }) => ({
        ...(scope === null ? {} : { scope }),
        ...{ layer, repository, name, digest },
      }))
      .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
  );

const placeOf = (member: Pick<PolicySetMember, 'layer' | 'repository' | 'scope'>): string =>
  JSON.stringify([member.layer, member.repository, member.scope ?? null]);

/** Policy versions are stored, and become active all at once as the next policy set. */
@Injectable()
export class PolicySetService {
  constructor(
    private readonly policies: PolicyRepository,
    private readonly sets: PolicySetRepository,
    private readonly principals: PrincipalRepository,
  ) {}

  /**
   * Keeps a document as the next version of its layer; nothing obeys it yet. Throws `policy.invalid`,
   * `repository.not_found`.
   */
  async store(change: Change, document: PolicyDocument, caller: Caller): Promise<Policy> {
    const { repository } = document.metadata;
    const repositoryId = repository === undefined ? null : await this.repository(repository, change.manager);
    const merged = mergeLayers(layersOf([{ document }]));
    if (!merged.ok) throw new GatehouseError('policy.invalid', merged.message);
    await this.sets.lock(change.manager);
    const policy = await this.policies.insert(
      {
        repositoryId,
        digest: digestOf(JSON.parse(JSON.stringify(document.spec))),
        document,
        createdBy: caller.id,
      },
      change.manager,
    );
    change.record({
      streamId: installationStream,
      type: 'policy.stored',
      actor: caller.id,
      payload: this.payloadOf({ ...policy, policyId: policy.id, repository: repository ?? null }),
    });
    return policy;
  }

  /** Stores a document and makes it the active version of its layer. */
  async publish(change: Change, document: PolicyDocument, caller: Caller): Promise<Policy> {
    const policy = await this.store(change, document, caller);
    await this.create(change, { policies: [policy.id], reason: '' }, caller);
    return { ...policy, active: true };
  }

  /**
   * Makes the next set, in one step. Throws `request.not_found`, `policy.invalid` where its layers contradict each
   * other, `policy.own_work` where policy wants another person to activate than who wrote (I7).
   */
  async create(change: Change, asked: CreatePolicySet, caller: Caller): Promise<PolicySet> {
    const { manager } = change;
    await this.sets.lock(manager);
    const before = await this.sets.active(manager);
    if ((await this.sets.newest(manager)) === undefined)
      await this.sets.insert(
        {
          id: newId('policySet'),
          digest: digestOfMembers(before),
          members: before,
          activatedBy: null,
          reason: 'What the installation began with',
          restores: null,
        },
        manager,
      );
    const restored = 'restore' in asked ? await this.set(asked.restore, manager) : undefined;
    const wanted =
      'restore' in asked
        ? restored!.members.map(({ policyId }) => policyId)
        : await this.withInstead(before, asked.policies, manager);
    const known = new Set(before.map(({ policyId }) => policyId));
    const added = await Promise.all(
      wanted.filter((id) => !known.has(id)).map((id) => this.version(id, manager)),
    );
    await this.refuseOwnWork(added, caller, manager);
    if (restored !== undefined) await this.refuseOwnRemoval(before, restored, caller, manager);
    await this.sets.replace(wanted, manager);
    await this.refuseContradictions(manager);
    const members = await this.sets.active(manager);
    const set = await this.sets.insert(
      {
        id: newId('policySet'),
        digest: digestOfMembers(members),
        members,
        activatedBy: caller.id,
        reason: asked.reason,
        restores: 'restore' in asked ? asked.restore : null,
      },
      manager,
    );
    for (const member of members.filter(({ policyId }) => !known.has(policyId)))
      change.record({
        streamId: installationStream,
        type: 'policy.activated',
        actor: caller.id,
        payload: this.payloadOf(member),
      });
    change.record({
      streamId: installationStream,
      type: 'policy_set.activated',
      actor: caller.id,
      payload: {
        policySetId: set.id,
        number: set.number,
        digest: set.digest,
        policies: members.map(({ policyId }) => policyId),
        restores: set.restores,
        reason: set.reason,
      },
    });
    return set;
  }

  list(query: PageQuery): Promise<Page<PolicySet>> {
    return this.sets.list(query);
  }

  /** Throws `request.not_found`. */
  get(id: string): Promise<PolicySet> {
    return this.set(id);
  }

  private payloadOf({ policyId, name, layer, repository, version, digest }: PolicySetMember) {
    return { policyId, name, layer, repository, version, digest };
  }

  private async set(id: string, manager?: Transaction): Promise<PolicySet> {
    const found = await this.sets.find(id, manager);
    if (found !== undefined) return found;
    throw new GatehouseError(
      'request.not_found',
      `There is no policy set ${id}. List them to find the one meant.`,
    );
  }

  private async version(id: string, manager: Transaction): Promise<Policy> {
    const found = await this.policies.find(id, manager);
    if (found !== undefined) return found;
    throw new GatehouseError('request.not_found', `There is no policy version ${id}. Store it first.`);
  }

  /** The active versions, where the given ones stand in place of those of their layers. */
  private async withInstead(
    before: readonly PolicySetMember[],
    ids: readonly string[],
    manager: Transaction,
  ): Promise<string[]> {
    const places = new Map(before.map((member) => [placeOf(member), member.policyId]));
    const taken = new Set<string>();
    for (const id of new Set(ids)) {
      const policy = await this.version(id, manager);
      const place = placeOf(policy);
      if (taken.has(place))
        throw new GatehouseError(
          'policy.invalid',
          `Two of these versions are of the same layer (${policy.layer}${policy.repository === null ? '' : ` of ${policy.repository}`}). Name one of them.`,
        );
      taken.add(place);
      places.set(place, id);
    }
    return [...places.values()];
  }

  private async refuseOwnWork(added: readonly Policy[], caller: Caller, manager: Transaction): Promise<void> {
    // As the policies in force say, not those that are to come: else a draft could lift the rule for itself.
    const active = await this.policies.allActive(manager);
    for (const policy of added) {
      const by = wantsAnotherPerson(active, policy);
      if (by !== undefined && (await this.isBy(policy.createdBy, caller, manager)))
        throw new GatehouseError(
          'policy.own_work',
          `Version ${policy.version} of ${policy.name} is your own, and the ${by.layer} policy ${by.name} wants another person to activate it. Ask another admin: gatehouse policy activate ${policy.id}`,
        );
    }
  }

  /**
   * Nobody wrote that a layer goes: who activated the set without it stands for that, and another person than they
   * has to go back to it where the policies in force want two (I7).
   */
  private async refuseOwnRemoval(
    before: readonly PolicySetMember[],
    restored: PolicySet,
    caller: Caller,
    manager: Transaction,
  ): Promise<void> {
    const { activatedBy } = restored;
    if (activatedBy !== null && !(await this.isBy(activatedBy, caller, manager))) return;
    const active = await this.policies.allActive(manager);
    const kept = new Set(restored.members.map(placeOf));
    for (const gone of before.filter((member) => !kept.has(placeOf(member)))) {
      const by = wantsAnotherPerson(active, gone);
      if (by === undefined) continue;
      const whose = activatedBy === null ? 'nobody activated it' : 'you activated it yourself';
      throw new GatehouseError(
        'policy.own_work',
        `Policy set ${restored.number} has no ${gone.layer} policy ${gone.name}, and ${whose}; the ${by.layer} policy ${by.name} wants two people for that. Ask another admin to go back, or have one activate a version that asks for less.`,
      );
    }
  }

  private async isBy(id: string | null, caller: Caller, manager: Transaction): Promise<boolean> {
    return id !== null && this.principals.areOne(id, caller.id, manager);
  }

  /** Every merge that a job may now meet has to be possible. */
  private async refuseContradictions(manager: Transaction): Promise<void> {
    const active = await this.policies.allActive(manager);
    // An organisation may have no repository with a policy of its own: a name that none can have stands for those.
    const places = new Set(
      active.map(({ layer, repository, scope }) => (layer === 'organisation' ? `${scope}/*` : repository)),
    );
    for (const place of places.add(null)) {
      const layers = active.filter(({ layer, repository, scope }) =>
        layer === 'organisation'
          ? place?.startsWith(`${scope}/`) === true
          : repository === null || repository === place,
      );
      const merged = mergeLayers(layersOf(layers));
      if (!merged.ok) throw new GatehouseError('policy.invalid', merged.message);
    }
  }

  private async repository(name: string, manager: Transaction): Promise<string> {
    const id = await this.policies.repositoryId(name, manager);
    if (id !== undefined) return id;
    throw new GatehouseError(
      'repository.not_found',
      `There is no repository ${name}. Register it before its policy.`,
    );
  }
}
