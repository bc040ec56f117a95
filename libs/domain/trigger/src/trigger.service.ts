import {
  GatehouseError,
  installationStream,
  JobSpec,
  type Principal,
  type Trigger,
  type TriggerDocument,
  type TriggerState,
} from '@gatehouse/contracts';
import type { Change } from '@gatehouse/ledger';
import { SubmitService } from '@gatehouse/orchestration';
import { digestOf } from '@gatehouse/proof';
import { RepositoriesRepository, type RepositoryEntity } from '@gatehouse/session';
import { Injectable } from '@nestjs/common';
import { jobOf } from './firing.job.js';
import { TriggersRepository } from './trigger.repository.js';

/** As policy would know an account that nobody has linked. */
const anybody = {
  id: 'prn_00000000000000000000000000',
  name: 'github.somebody',
  kind: 'user',
  roles: ['requester'],
} as const;

/** Documents that say what makes jobs. */
@Injectable()
export class TriggerService {
  constructor(
    readonly rows: TriggersRepository,
    private readonly repositories: RepositoriesRepository,
    private readonly submits: SubmitService,
  ) {}

  /** Throws what is wrong with it here and now: `repository.not_found`, `request.invalid`, `policy.denied`. */
  async prepare(document: TriggerDocument): Promise<RepositoryEntity> {
    const { repository: name } = document.spec;
    const row = await this.repositories.findByName(name);
    if (row === null)
      throw new GatehouseError(
        'repository.not_found',
        `There is no repository ${name}. Add it with gatehouse repo add.`,
      );
    if (row.forge === null)
      throw new GatehouseError(
        'request.invalid',
        `${name} does not lie on a forge that is connected, so nothing would ever set the trigger off. See docs/webhooks.md.`,
        { details: { errors: [{ path: 'spec.repository', message: 'not on the connected forge' }] } },
      );
    const sample = this.specOf(document);
    await this.submits.policyFor(anybody, await this.submits.prepare(sample));
    return row;
  }

  /** As it would be stored. */
  async check(document: TriggerDocument, caller: Principal): Promise<Trigger> {
    await this.prepare(document);
    return sampleOf(document, caller.id);
  }

  /** The same document again is the same version. Throws `trigger.exists`. */
  async put(
    change: Change,
    { document, row }: { document: TriggerDocument; row: RepositoryEntity },
    caller: Principal,
  ): Promise<Trigger> {
    const digest = digestOf(JSON.parse(JSON.stringify(document)));
    const before = await this.rows.current(change.manager, row.id, document.metadata.name);
    if (before?.digest === digest) return before;
    const stored = await this.rows.insert(change.manager, {
      repositoryId: row.id,
      document,
      digest,
      createdBy: caller.id,
      // Whoever paused it did so for a reason that a new version need not have mended.
      state: before?.state ?? 'active',
    });
    change.record({
      streamId: installationStream,
      type: 'trigger.stored',
      actor: caller.id,
      payload: { ...aboutOf(stored), version: stored.version, digest },
    });
    return stored;
  }

  /** Throws `trigger.not_found`. */
  async move(change: Change, id: string, to: TriggerState, caller: Principal): Promise<Trigger> {
    const trigger = await this.rows.lock(id, change.manager);
    if (trigger.state === to) return trigger;
    await this.rows.setState(change.manager, id, to);
    change.record({
      streamId: installationStream,
      type: 'trigger.changed',
      actor: caller.id,
      payload: { ...aboutOf(trigger), from: trigger.state, to },
    });
    return { ...trigger, state: to };
  }

  private specOf(document: TriggerDocument): JobSpec {
    const spec = JobSpec.safeParse(
      jobOf({
        trigger: sampleOf(document, anybody.id),
        issue: { number: 1, title: 'A sample', body: '', open: true, author: null },
        issueUrl: 'https://example.org/issues/1',
        author: { trust: 'trusted', reason: 'A sample.' },
      }),
    );
    if (spec.success) return spec.data;
    const errors = spec.error.issues.map(({ path, message }) => ({
      path: path
        .map(String)
        .join('.')
        .replace(/^spec\./, 'spec.job.'),
      message,
    }));
    throw new GatehouseError('request.invalid', `${errors[0]?.path}: ${errors[0]?.message}.`, {
      details: { errors },
    });
  }
}

const aboutOf = ({ id, name, repository }: Trigger) => ({ triggerId: id, name, repository });

const sampleOf = (document: TriggerDocument, createdBy: string): Trigger => ({
  id: 'trg_00000000000000000000000000',
  name: document.metadata.name,
  repository: document.spec.repository,
  version: 0,
  digest: digestOf(JSON.parse(JSON.stringify(document))),
  state: 'active',
  document,
  createdBy,
  createdAt: new Date(0).toISOString(),
});
