import { inTransaction } from '@gatehouse/database';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { ArtifactRepository } from './artifact.repository.js';
import { ArtifactStore, chunkBytes, type PutArtifact } from './artifact.store.js';
import { AttemptLogRepository } from './attempt-log.repository.js';
import { AttemptLogs } from './attempt-log.js';
import { LedgerFixture } from './ledger.fixture.js';

let ledger: LedgerFixture;
let store: ArtifactStore;
let logs: AttemptLogs;
beforeAll(async () => {
  ledger = await LedgerFixture.start();
  store = new ArtifactStore(new ArtifactRepository(ledger.database.dataSource));
  logs = new AttemptLogs(new AttemptLogRepository(ledger.database.dataSource), store);
});
afterAll(() => ledger?.stop());

const query = <T>(sql: string, parameters: unknown[] = []): Promise<T[]> =>
  ledger.database.dataSource.query(sql, parameters);
const rows = async (): Promise<number[]> =>
  Object.values(
    (
      await query<Record<string, number>>(`SELECT (SELECT count(*)::int FROM artifact_chunks) AS chunks,
        (SELECT count(*)::int FROM artifact_uploads) AS uploads`)
    )[0]!,
  );
const idOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const file: PutArtifact = { kind: 'file', mediaType: 'application/octet-stream' };
const whole = async (id: string, range?: { start: number; end?: number }): Promise<Buffer> => {
  const parts: Buffer[] = [];
  for await (const part of store.read(id, range)) parts.push(part);
  return Buffer.concat(parts);
};
async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('an artifact', () => {
  it.each([0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes + 7])(
    'of %i bytes comes back whole and in ranges, however it was sent',
    async (size) => {
      const bytes = randomBytes(size);
      const sent = await store.put(cut(bytes, 70_000), file);
      expect(sent).toMatchObject({ id: idOf(bytes), size, kind: 'file' });
      expect(await store.put(bytes, file)).toEqual(sent);
      expect(await store.stat(sent.id)).toEqual(sent);
      expect((await whole(sent.id)).equals(bytes)).toBe(true);
      for (const [start, end] of [
        [0, 10],
        [chunkBytes - 3, chunkBytes + 3],
        [size - 5, size + 100],
        [size, undefined],
      ] as const)
        expect((await whole(sent.id, { start, ...(end !== undefined && { end }) })).toString('hex')).toBe(
          bytes.subarray(Math.max(start, 0), end).toString('hex'),
        );
    },
  );

  it('is stored once, also by two at once', async () => {
    const bytes = randomBytes(600_000);
    const [chunks] = await rows();
    const made = await Promise.all([
      store.put(cut(bytes, 50_000), file),
      store.put(cut(bytes, 90_000), file),
    ]);
    expect(made[0]).toEqual(made[1]);
    expect(await rows()).toEqual([chunks! + 3, 0]);
  });

  it('of one part is stored with its name in one transaction', async () => {
    const { id } = await store.put(cut(randomBytes(chunkBytes), 1_000), file);
    const [written] = await query<{ together: boolean }>(
      `SELECT c.xmin::text = a.xmin::text AS together
       FROM artifacts a JOIN artifact_chunks c ON c.blob_id = a.blob_id WHERE a.id = $1`,
      [id],
    );
    expect(written).toEqual({ together: true });
  });

  it('is refused, and leaves nothing, when it is not what it claims or too large', async () => {
    const before = await rows();
    const bytes = randomBytes(700_000);
    await expect(
      store.put(cut(bytes, 1_000), { ...file, expectedSha256: '0'.repeat(64) }),
    ).rejects.toMatchObject({
      code: 'artifact.digest_mismatch',
    });
    await expect(store.put(cut(bytes, 1_000), { ...file, maxBytes: 699_999 })).rejects.toMatchObject({
      code: 'request.too_large',
    });
    const breaking = async function* () {
      yield bytes;
      throw new Error('the sender hung up');
    };
    await expect(store.put(breaking(), file)).rejects.toThrow('hung up');
    expect(await rows()).toEqual(before);
    await expect(store.stat(idOf(bytes))).rejects.toMatchObject({ code: 'artifact.not_found' });
  });

  it('cannot be claimed by its digest alone', async () => {
    const bytes = randomBytes(100);
    const { id } = await store.put(bytes, file);
    const sender = store.put(cut(randomBytes(100), 10), { ...file, expectedSha256: id.slice(7) });
    await expect(sender).rejects.toMatchObject({ code: 'artifact.digest_mismatch' });
  });

  it('is part of the caller’s transaction', async () => {
    const bytes = randomBytes(300_000);
    const { dataSource } = ledger.database;
    const before = await rows();
    const failing = inTransaction(dataSource, async (manager) => {
      await store.put(bytes, { ...file, manager });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await rows()).toEqual(before);
    await inTransaction(dataSource, (manager) => store.put(bytes, { ...file, manager }));
    expect((await store.readWhole(idOf(bytes), 300_000)).equals(bytes)).toBe(true);
    await expect(store.readWhole(idOf(bytes), 299_999)).rejects.toMatchObject({ code: 'request.too_large' });
  });

  it('is known to be damaged when it is', async () => {
    const bytes = randomBytes(2 * chunkBytes);
    const { id } = await store.put(bytes, file);
    await query(
      `UPDATE artifact_chunks SET bytes = set_byte(bytes, 5, get_byte(bytes, 5) # 1)
       WHERE seq = 1 AND blob_id = (SELECT blob_id FROM artifacts WHERE id = $1)`,
      [id],
    );
    await expect(whole(id)).rejects.toMatchObject({ code: 'ledger.corrupt' });
  });

  it('that was never finished is swept', async () => {
    await new ArtifactRepository(ledger.database.dataSource).addChunk('blob', 0, Buffer.from('x'));
    expect(await store.sweepUploads()).toBe(0);
    await query(`UPDATE artifact_uploads SET touched_at = touched_at - interval '2 hours'`);
    expect(await store.sweepUploads()).toBe(1);
    expect((await rows())[1]).toBe(0);
  });
});

describe('the output of an attempt', () => {
  const part = (attemptId: string, offset: number, text: string, maxBytes?: number) => ({
    attemptId,
    stream: 'stdout' as const,
    offset,
    bytes: Buffer.from(text),
    ...(maxBytes !== undefined && { maxBytes }),
  });
  const text = async (attemptId: string, from = 0, limit = 1_000) =>
    (await logs.read(attemptId, 'stdout', from, limit)).bytes.toString();

  it('grows by parts, and a part that comes again changes nothing', async () => {
    await logs.append(part('a1', 0, 'hello '));
    await logs.append(part('a1', 6, 'world'));
    expect(await logs.append(part('a1', 0, 'hello '))).toMatchObject({ size: 11 });
    // Sent again in another cut, after an answer was lost.
    expect(await logs.append(part('a1', 6, 'world!!'))).toMatchObject({ size: 13 });
    expect(await text('a1')).toBe('hello world!!');
    expect(await text('a1', 4, 4)).toBe('o wo');
    expect(await logs.read('a1', 'stdout', 11, 100)).toMatchObject({ from: 11, next: 13, size: 13 });
    expect(await logs.read('a1', 'stderr', 0, 100)).toMatchObject({ size: 0, artifactId: null });
  });

  it('refuses a gap and says where to go on', async () => {
    await expect(logs.append(part('a2', 5, 'x'))).rejects.toMatchObject({ details: { size: 0 } });
    await logs.append(part('a2', 0, 'ab'));
    await expect(logs.append(part('a2', 3, 'x'))).rejects.toMatchObject({ details: { size: 2 } });
  });

  it('is cut at the cap, and what comes after is dropped without an error', async () => {
    expect(await logs.append(part('a3', 0, '12345', 8))).toMatchObject({ size: 5, truncated: false });
    expect(await logs.append(part('a3', 5, '67890', 8))).toMatchObject({ size: 8, truncated: true });
    expect(await logs.append(part('a3', 10, 'more', 8))).toMatchObject({ size: 8, truncated: true });
    expect(await text('a3')).toBe('12345678');
    expect(await logs.append(part('a4', 0, 'far too long', 4))).toMatchObject({ size: 4, truncated: true });
  });

  it('becomes an artifact, once, and is read from it as before', async () => {
    const big = 'x'.repeat(300_000);
    await logs.append(part('a5', 0, big));
    await logs.append(part('a5', 300_000, 'end'));
    const sealed = await logs.seal('a5', 'stdout');
    expect(sealed).toMatchObject({ id: idOf(Buffer.from(`${big}end`)), size: 300_003, kind: 'log' });
    expect(await logs.seal('a5', 'stdout')).toEqual(sealed);
    expect(await text('a5', 299_998)).toBe('xxend');
    expect(await query(`SELECT FROM attempt_log_chunks WHERE attempt_id = 'a5'`)).toEqual([]);
    expect(await logs.append(part('a5', 300_000, 'end'))).toMatchObject({ artifactId: sealed!.id });
    await expect(logs.append(part('a5', 300_003, 'late'))).rejects.toMatchObject({
      code: 'attempt.state_conflict',
    });
    expect(await logs.seal('a6', 'stdout')).toBeNull();
  });

  it('takes the same parts from two senders at once', async () => {
    const parts = Array.from({ length: 20 }, (_, i) => part('a7', i * 3, `${String(i).padStart(2, '0')} `));
    const send = async () => {
      for (const p of parts) await logs.append(p);
    };
    await Promise.all([send(), send()]);
    expect(await text('a7')).toBe(parts.map((p) => p.bytes.toString()).join(''));
  });
});
