import {
  CapabilityKind,
  GatehouseError,
  type EffectivePolicy,
  type JobSpec,
  type Page,
  type PageQuery,
  type Policy,
} from '@gatehouse/contracts';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { layersOf } from './document.layer.js';
import { layerOfJob } from './job.layer.js';
import { mergeLayers, type Layer, type Merge } from './merge.js';
import { PolicyRepository } from './policy.repository.js';

export type Effective =
  { readonly ok: true; readonly policy: EffectivePolicy } | { readonly ok: false; readonly message: string };

/** All that a job may run on: the layers of each of them count, whichever it gets (RFC 8). */
const kindsOf = ({ spec }: JobSpec): readonly CapabilityKind[] =>
  spec.requires.kinds ?? CapabilityKind.options;

/** The layers of the installation and their merge (I2). */
@Injectable()
export class PolicyService {
  constructor(private readonly policies: PolicyRepository) {}

  /** What a job would run under, kept by its digest. A refusal permits nothing and says why. */
  async effectiveFor(
    repositoryId: string | null,
    jobId: string,
    spec: JobSpec,
    manager?: Transaction,
  ): Promise<Effective> {
    return this.keep(
      mergeLayers([...(await this.layers(repositoryId, manager, kindsOf(spec))), layerOfJob(jobId, spec)]),
      manager,
    );
  }

  /** Digest of what a job would run under now; undefined where nothing would be permitted. Keeps nothing. */
  async digestNow(
    repositoryId: string | null,
    specDigest: string,
    spec: JobSpec,
    manager?: Transaction,
  ): Promise<string | undefined> {
    const layers = await this.layers(repositoryId, manager, kindsOf(spec));
    const merged = mergeLayers([...layers, layerOfJob(specDigest, spec)]);
    return merged.ok ? merged.policy.digest : undefined;
  }

  /** What every job on a repository runs under at most; with a job, also what the kinds it may use allow. */
  async effectiveOf(repositoryId: string | null, manager?: Transaction, spec?: JobSpec): Promise<Effective> {
    const kinds = spec === undefined ? [] : kindsOf(spec);
    return this.keep(mergeLayers(await this.layers(repositoryId, manager, kinds)), manager);
  }

  /** The merge that a verdict or an approval is bound to; undefined where it was never made here. */
  byDigest(digest: string, manager?: Transaction): Promise<EffectivePolicy | undefined> {
    return this.policies.effective(digest, manager);
  }

  list(query: PageQuery): Promise<Page<Policy>> {
    return this.policies.list(query);
  }

  /** Throws `request.not_found`. */
  async get(id: string): Promise<Policy> {
    const policy = await this.policies.find(id);
    if (policy === undefined)
      throw new GatehouseError('request.not_found', `There is no policy version ${id}.`);
    return policy;
  }

  private async layers(
    repositoryId: string | null,
    manager: Transaction | undefined,
    kinds: readonly CapabilityKind[],
  ): Promise<Layer[]> {
    return layersOf(await this.policies.active(repositoryId, manager, kinds));
  }

  private async keep(merged: Merge, manager?: Transaction): Promise<Effective> {
    if (!merged.ok) return { ok: false, message: merged.message };
    await this.policies.keepEffective(merged.policy, manager);
    return { ok: true, policy: merged.policy };
  }
}
