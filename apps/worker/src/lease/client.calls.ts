import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { WorkerClient } from '@gatehouse/client/worker';
import { maxArtifactBytes, type LeaseGrant } from '@gatehouse/contracts';
import type { LeaseCalls } from './lease.calls.js';

/** The calls of one lease over HTTP. */
export const clientCalls = (client: WorkerClient, { lease }: Pick<LeaseGrant, 'lease'>): LeaseCalls => {
  const calls = client.lease(lease);
  return {
    heartbeat: (signal) => calls.heartbeat({ signal }),
    start: (kind, detail, image, signal) =>
      calls.start({ kind, detail: detail.slice(0, 400), image }, { signal }),
    output: ({ stream, offset, last, truncated }, bytes, signal) =>
      calls.output({ stream, offset, bytes, last, truncated }, { signal }),
    workspace: async (signal) =>
      Readable.fromWeb((await calls.workspace({ signal })).stream as ReadableStream<Uint8Array>),
    artifact: async (id, signal) => {
      const download = await calls.artifact(id, { signal });
      return Buffer.from(await download.bytes(maxArtifactBytes));
    },
    upload: async (id, bytes, signal) => {
      await calls.upload(id, bytes, { signal });
    },
    complete: (completion, signal) => calls.complete(completion, { signal }),
  };
};
