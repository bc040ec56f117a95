import { GatehouseError, type Artifact } from '@gatehouse/contracts';
import { runQuery } from '@gatehouse/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

interface Row {
  id: string;
  blob_id: string;
  size: string;
  media_type: string;
  kind: Artifact['kind'];
  created_at: Date;
}

export interface StoredArtifact extends Artifact {
  readonly blobId: string;
}

const columns = 'id, blob_id, size, media_type, kind, created_at';

const toArtifact = (row: Row): StoredArtifact => ({
  id: row.id,
  size: Number(row.size),
  mediaType: row.media_type,
  kind: row.kind,
  createdAt: row.created_at.toISOString(),
  blobId: row.blob_id,
});

/** Every query on stored bytes. Without a manager each statement commits by itself. */
@Injectable()
export class ArtifactRepository {
  constructor(readonly dataSource: DataSource) {}

  async find(id: string, manager?: EntityManager): Promise<StoredArtifact | undefined> {
    const [row] = await this.query<Row>(`SELECT ${columns} FROM artifacts WHERE id = $1`, [id], manager);
    return row && toArtifact(row);
  }

  /** Adds a part to an upload that has no digest yet, and keeps it from being swept. */
  async addChunk(blobId: string, seq: number, bytes: Uint8Array, manager?: EntityManager): Promise<void> {
    await this.query(
      `WITH upload AS (
         INSERT INTO artifact_uploads (blob_id) VALUES ($1)
         ON CONFLICT (blob_id) DO UPDATE SET touched_at = clock_timestamp())
       INSERT INTO artifact_chunks (blob_id, seq, bytes) VALUES ($1, $2, $3)`,
      [blobId, seq, bytes],
      manager,
    );
  }

  /** Gives an upload its digest. Where the same bytes are there already, those stay and the upload goes. */
  async name(
    artifact: Pick<Artifact, 'id' | 'size' | 'mediaType' | 'kind'> & { blobId: string },
    manager: EntityManager,
  ): Promise<StoredArtifact> {
    const [made] = await this.query<Row>(
      `WITH upload AS (DELETE FROM artifact_uploads WHERE blob_id = $2)
       INSERT INTO artifacts (id, blob_id, size, media_type, kind) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (id) DO NOTHING RETURNING ${columns}`,
      [artifact.id, artifact.blobId, artifact.size, artifact.mediaType, artifact.kind],
      manager,
    );
    if (made) return toArtifact(made);
    await this.query('DELETE FROM artifact_chunks WHERE blob_id = $1', [artifact.blobId], manager);
    const found = await this.find(artifact.id, manager);
    if (found) return found;
    throw new GatehouseError('internal.unexpected', `Artifact ${artifact.id} vanished while it was stored.`);
  }

  async discard(blobId: string): Promise<void> {
    await this.query(
      `WITH upload AS (DELETE FROM artifact_uploads WHERE blob_id = $1)
       DELETE FROM artifact_chunks WHERE blob_id = $1`,
      [blobId],
    );
  }

  /** Removes uploads that nothing was added to for so long: their sender is gone. Answers how many. */
  async sweepUploads(idleMs: number): Promise<number> {
    const [row] = await this.query<{ gone: number }>(
      `WITH stale AS (
         DELETE FROM artifact_uploads WHERE touched_at < clock_timestamp() - $1 * interval '1 ms' RETURNING blob_id),
       chunks AS (DELETE FROM artifact_chunks WHERE blob_id IN (SELECT blob_id FROM stale))
       SELECT count(*)::int AS gone FROM stale`,
      [idleMs],
    );
    return row?.gone ?? 0;
  }

  async chunk(blobId: string, seq: number, manager?: EntityManager): Promise<Buffer | undefined> {
    const [row] = await this.query<{ bytes: Buffer }>(
      'SELECT bytes FROM artifact_chunks WHERE blob_id = $1 AND seq = $2',
      [blobId, seq],
      manager,
    );
    return row?.bytes;
  }

  private query<R>(sql: string, parameters: unknown[], manager?: EntityManager): Promise<R[]> {
    return runQuery(manager ?? this.dataSource, sql, parameters);
  }
}
