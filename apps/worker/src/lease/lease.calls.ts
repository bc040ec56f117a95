import type { CapabilityKind, CompleteAttempt, HeartbeatAnswer } from '@gatehouse/contracts';

type WithoutFence<T> = T extends unknown ? Omit<T, 'generation'> : never;

/** A result as a run decides it; the generation is added where it is sent. */
export type Completion = WithoutFence<CompleteAttempt>;

export interface OutputPart {
  readonly stream: 'stdout' | 'stderr';
  /** Bytes of this stream that were sent before. */
  readonly offset: number;
  readonly last: boolean;
  readonly truncated: boolean;
}

/** What can be said to the plane under one lease. Every call carries the generation and the lease's own token. */
export interface LeaseCalls {
  heartbeat(signal: AbortSignal): Promise<HeartbeatAnswer>;
  start(kind: CapabilityKind, detail: string, image: string | null, signal: AbortSignal): Promise<void>;
  output(part: OutputPart, bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** The pack of the base, as it arrives. */
  workspace(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  artifact(id: string, signal: AbortSignal): Promise<Buffer>;
  upload(id: string, bytes: Buffer, signal: AbortSignal): Promise<void>;
  complete(completion: Completion, signal: AbortSignal): Promise<void>;
}
