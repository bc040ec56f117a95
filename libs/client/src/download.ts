import { ApiProblem, connectionProblem, timeoutProblem } from './api.problem.js';

/** Bytes on their way. Read `stream` or call `bytes`, once; `cancel` where neither is wanted. */
export interface Download {
  readonly mediaType: string;
  /** Declared size in bytes; null where the server did not say. */
  readonly size: number | null;
  /** Errors with an `ApiProblem` when the line breaks or stays silent for `idleMs`. */
  readonly stream: ReadableStream<Uint8Array>;
  /** All of it; throws when it is more than `maxBytes`. */
  bytes(maxBytes: number): Promise<Uint8Array>;
  cancel(): Promise<void>;
}

const collect = async (stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> => {
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > maxBytes) {
      await reader.cancel();
      throw new ApiProblem(
        'unreadable',
        `The download is larger than ${maxBytes} bytes. Allow more, or stream it.`,
      );
    }
    chunks.push(value);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
};

/** Wraps an open answer so that a silent line ends in an error instead of a wait for ever. */
export const downloadOf = (response: Response, end: () => void, where: string, idleMs: number): Download => {
  const source = response.body?.getReader();
  const declared = response.headers.get('content-length');
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: async (out) => {
        if (!source) {
          end();
          return out.close();
        }
        let timer: ReturnType<typeof setTimeout> | undefined;
        const silence = new Promise<never>((_, reject) => {
          timer = setTimeout(() => reject(timeoutProblem(where, idleMs)), idleMs);
        });
        try {
          const { done, value } = await Promise.race([source.read(), silence]);
          if (!done) return out.enqueue(value);
          end();
          out.close();
        } catch (error) {
          end();
          out.error(error instanceof ApiProblem ? error : connectionProblem(where, error));
        } finally {
          clearTimeout(timer);
        }
      },
      cancel: async () => {
        await source?.cancel().catch(() => undefined);
        end();
      },
    },
    { highWaterMark: 0 },
  );
  return {
    mediaType: response.headers.get('content-type') ?? 'application/octet-stream',
    size: declared !== null && /^\d+$/.test(declared) ? Number(declared) : null,
    stream,
    bytes: (maxBytes) => collect(stream, maxBytes),
    cancel: () => stream.cancel(),
  };
};
