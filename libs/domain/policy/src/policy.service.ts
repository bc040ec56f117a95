import {
  GatehouseError,
  installationStream,
  type EffectivePolicy,
  type JobSpec,
  type Page,
  type PageQuery,
  type Policy,
  type PolicyDocument,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { digestOf } from '@gatehouse/proof';
import type { Transaction } from '@gatehouse/tasks';
import { Injectable } from '@nestjs/common';
import { defaultInstallationPolicy } from './default.policy.js';
import { layerOfJob } from './job.layer.js';
import { mergeLayers, type Layer, type Merge } from './merge.js';
import { PolicyRepository } from './policy.repository.js';

export type Effective =
  { readonly ok: true; readonly policy: EffectivePolicy } | { readonly ok: false; readonly message: string };

const layerOf = ({ metadata, spec }: PolicyDocument): Layer => ({
  layer: metadata.layer,
  name: metadata.name,
  rules: spec,
});

/** The layers of the installation and their merge (I2). */
@Injectable()
export class PolicyService {
  constructor(private readonly policies: PolicyRepository) {}

  /** Makes a document the active version of its layer. Throws `policy.invalid`, `repository.not_found`. */
  async activate(change: Change, document: PolicyDocument, caller: { readonly id: string }): Promise<Policy> {
    const { layer, name, repository } = document.metadata;
    const repositoryId = repository === undefined ? null : await this.repository(repository, change.manager);
    const alone = layer === 'installation' ? [] : [layerOf(defaultInstallationPolicy)];
    const merged = mergeLayers([...alone, layerOf(document)]);
    if (!merged.ok) throw new GatehouseError('policy.invalid', merged.message);
    const policy = await this.policies.activate(
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
      type: 'policy.activated',
      actor: caller.id,
      payload: {
        policyId: policy.id,
        name,
        layer,
        repository: repository ?? null,
        version: policy.version,
        digest: policy.digest,
      },
    });
    return policy;
  }

  /** What a job would run under, kept by its digest. A refusal permits nothing and says why. */
  async effectiveFor(
    repositoryId: string | null,
    jobId: string,
    spec: JobSpec,
    manager?: Transaction,
  ): Promise<Effective> {
    return this.keep(
      mergeLayers([...(await this.layers(repositoryId, manager)), layerOfJob(jobId, spec)]),
      manager,
    );
  }

  /** What every job on a repository runs under at most. */
  async effectiveOf(repositoryId: string | null, manager?: Transaction): Promise<Effective> {
    return this.keep(mergeLayers(await this.layers(repositoryId, manager)), manager);
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

  private async layers(repositoryId: string | null, manager?: Transaction): Promise<Layer[]> {
    const stored = (await this.policies.active(repositoryId, manager)).map(({ document }) =>
      layerOf(document),
    );
    return stored.some(({ layer }) => layer === 'installation')
      ? stored
      : [layerOf(defaultInstallationPolicy), ...stored];
  }

  private async keep(merged: Merge, manager?: Transaction): Promise<Effective> {
    if (!merged.ok) return { ok: false, message: merged.message };
    await this.policies.keepEffective(merged.policy, manager);
    return { ok: true, policy: merged.policy };
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
