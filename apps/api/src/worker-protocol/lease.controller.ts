import { LeaseService, WorkersRepository, type HeldLease } from '@gatehouse/capability';
import { GatehouseError, type Artifact, type HeartbeatAnswer } from '@gatehouse/contracts';
import { ArtifactStore, AttemptLogs, LedgerService } from '@gatehouse/ledger';
import { GrantService } from '@gatehouse/orchestration';
import { Controller, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sendArtifact } from '../artifacts/artifact.controller.js';
import { chunksOf, readBytes } from '../body/body.js';
import type { In } from '../http/route.table.js';
import { Input, Lease, LeaseBound, Serves } from '../http/serves.js';

/** Of one upload of output. */
const maxOutputBytes = 256 * 1024;

/** What the holder of a lease may do: every call names its generation (I9). */
@Controller()
export class LeaseController {
  constructor(
    private readonly leases: LeaseService,
    private readonly workers: WorkersRepository,
    private readonly grants: GrantService,
    private readonly artifacts: ArtifactStore,
    private readonly logs: AttemptLogs,
    private readonly ledger: LedgerService,
  ) {}

  @Serves('lease.heartbeat')
  @LeaseBound()
  async heartbeat(
    @Input() { body }: In<'lease.heartbeat'>,
    @Lease() lease: HeldLease,
  ): Promise<HeartbeatAnswer> {
    const answer = await this.leases.heartbeat(lease, body.generation);
    await this.workers.seen([lease.workerId]);
    return answer;
  }

  @Serves('lease.start')
  @LeaseBound()
  async start(@Input() { body }: In<'lease.start'>, @Lease() lease: HeldLease): Promise<void> {
    await this.leases.start(lease, body.generation, await this.actor(lease), body);
  }

  @Serves('lease.events')
  @LeaseBound()
  async events(@Input() { body }: In<'lease.events'>, @Lease() lease: HeldLease): Promise<void> {
    this.leases.check(lease, body.generation);
    const actor = await this.actor(lease);
    // They change no row, so those of all workers share commits (RFC 3). Where one of several is refused the others
    // may be there already; sent again under the same keys, each is there once.
    await Promise.all(
      body.events.map(({ type, payload, key }) =>
        this.ledger.append({
          streamId: lease.sessionId,
          type,
          actor,
          payload: { ...payload, attemptId: lease.attemptId },
          leaseGeneration: body.generation,
          dedupeKey: `${lease.id}:${Buffer.from(key).toString('base64url')}`,
        }),
      ),
    );
  }

  @Serves('lease.output')
  @LeaseBound()
  async output(@Input() { query, body }: In<'lease.output'>, @Lease() lease: HeldLease): Promise<void> {
    this.leases.check(lease, query.generation);
    const bytes = await readBytes(body, maxOutputBytes);
    const { attemptId } = lease;
    await this.logs.append({ attemptId, stream: query.stream, offset: query.offset, bytes });
    if (query.truncated === 'true') await this.logs.markTruncated(attemptId, query.stream);
  }

  @Serves('lease.workspace')
  @LeaseBound()
  async workspace(
    @Input() { query }: In<'lease.workspace'>,
    @Lease() lease: HeldLease,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const pack = await this.grants.workspace(lease, query.generation);
    // What was sent of a broken pack must not look whole: the connection breaks too.
    pack.done.catch((error: unknown) => {
      reply.log.warn({ error: String(error) }, 'a workspace pack broke off');
      pack.stdout.destroy();
      reply.raw.destroy();
    });
    await reply.headers({ 'content-type': 'application/x-git-packed-objects' }).send(pack.stdout);
  }

  @Serves('lease.artifact')
  @LeaseBound()
  async artifact(
    @Input() { params, query }: In<'lease.artifact'>,
    @Lease() lease: HeldLease,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!(await this.grants.mayRead(lease, query.generation, params.artifact)))
      throw new GatehouseError('artifact.not_found', `This lease needs no artifact ${params.artifact}.`);
    await sendArtifact(this.artifacts, params.artifact, reply);
  }

  @Serves('lease.upload')
  @LeaseBound()
  upload(@Input() { params, query, body }: In<'lease.upload'>, @Lease() lease: HeldLease): Promise<Artifact> {
    this.leases.check(lease, query.generation);
    return this.artifacts.put(chunksOf(body), {
      kind: 'file',
      mediaType: 'application/octet-stream',
      expectedSha256: params.artifact.slice('sha256:'.length),
    });
  }

  @Serves('lease.complete')
  @LeaseBound()
  async complete(@Input() { body }: In<'lease.complete'>, @Lease() lease: HeldLease): Promise<void> {
    await this.leases.complete(lease, body, await this.actor(lease));
  }

  private async actor({ workerId }: HeldLease): Promise<string> {
    return (await this.workers.find(workerId)).principalId;
  }
}
