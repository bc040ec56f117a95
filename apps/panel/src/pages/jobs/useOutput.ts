import { useEffect, useRef, useState } from 'react';
import { call } from '../../api.js';
import { beginAt, type StreamName } from './output.js';

export interface Output {
  readonly pieces: readonly string[];
  /** Bytes before the first shown; above 0 where only the end of a long output was read. */
  readonly begin: number;
  readonly size: number;
  readonly sealed: boolean;
  readonly truncated: boolean;
  readonly error: Error | null;
  readonly read: boolean;
}

const nothing: Output = {
  pieces: [],
  begin: 0,
  size: 0,
  sealed: false,
  truncated: false,
  error: null,
  read: false,
};

/** How often an open output is asked for more when no event says there is some, in milliseconds. */
const pollMs = 3_000;

/** Reads one stream of an attempt by byte offset; `nudge` changes when an event says that there is more. */
export const useOutput = (attemptId: string, stream: StreamName, whole: boolean, nudge: number): Output => {
  const [output, setOutput] = useState<Output>(nothing);
  const wake = useRef<() => void>(() => undefined);

  useEffect(() => {
    const stop = new AbortController();
    let next: number | null = null;
    let sealed = false;
    let busy = false;
    let again = false;
    setOutput(nothing);
    const page = async (from: number) =>
      call('attempts.output', { params: { id: attemptId }, query: { stream, from }, signal: stop.signal });
    const read = async () => {
      if (busy || sealed) {
        again = busy;
        return;
      }
      busy = true;
      try {
        if (next === null) {
          const { size } = await call('attempts.output', {
            params: { id: attemptId },
            query: { stream, from: 0, limit: 1 },
            signal: stop.signal,
          });
          next = beginAt(size, whole);
          setOutput({ ...nothing, begin: next });
        }
        for (;;) {
          const got = await page(next);
          const fresh = got.next > next;
          next = got.next;
          sealed = got.sealed && got.next >= got.size;
          setOutput((before) => ({
            ...before,
            pieces: fresh && got.text !== '' ? [...before.pieces, got.text] : before.pieces,
            size: got.size,
            sealed: got.sealed,
            truncated: got.truncated,
            error: null,
            read: true,
          }));
          if (!fresh || got.next >= got.size) break;
        }
      } catch (error) {
        if (!stop.signal.aborted)
          setOutput((before) => ({
            ...before,
            error: error instanceof Error ? error : new Error(String(error)),
          }));
      } finally {
        busy = false;
      }
      if (again && !stop.signal.aborted) {
        again = false;
        await read();
      }
    };
    wake.current = () => void read();
    void read();
    const timer = setInterval(() => void read(), pollMs);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [attemptId, stream, whole]);

  useEffect(() => wake.current(), [nudge]);
  return output;
};
