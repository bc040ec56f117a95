import type { Artifact } from '@gatehouse/contracts';
import { ArtifactStore } from '@gatehouse/ledger';
import { Controller, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { chunksOf, mediaTypeOf } from '../body/body.js';
import type { In } from '../http/route.table.js';
import { Can, Input, Serves } from '../http/serves.js';

@Controller()
export class ArtifactController {
  constructor(private readonly artifacts: ArtifactStore) {}

  @Serves('artifacts.create')
  @Can('artifacts:create')
  create(@Input() { body }: In<'artifacts.create'>, @Req() request: FastifyRequest): Promise<Artifact> {
    const { type } = mediaTypeOf(request.headers['content-type']);
    return this.artifacts.put(chunksOf(body), {
      kind: type === 'text/x-patch' ? 'patch' : 'file',
      mediaType: type,
    });
  }

  @Serves('artifacts.get')
  @Can('artifacts:read')
  get(@Input() { params }: In<'artifacts.get'>): Promise<Artifact> {
    return this.artifacts.stat(params.id);
  }

  @Serves('artifacts.content')
  @Can('artifacts:read')
  async content(@Input() { params }: In<'artifacts.content'>, @Res() reply: FastifyReply): Promise<void> {
    await sendArtifact(this.artifacts, params.id, reply);
  }
}

/** Bytes that somebody's agent made: never shown in the page's own name, only handed down. */
export const sendArtifact = async (
  artifacts: ArtifactStore,
  id: string,
  reply: FastifyReply,
): Promise<void> => {
  const { size } = await artifacts.stat(id);
  await reply
    .headers({
      'content-type': 'application/octet-stream',
      'content-disposition': 'attachment',
      'content-length': size,
      'cache-control': 'private, max-age=31536000, immutable',
      etag: `"${id}"`,
    })
    .send(Readable.from(artifacts.read(id), { objectMode: false }));
};
