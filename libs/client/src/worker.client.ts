import { workerRoutes, type LeaseGrant, type Route, type WorkerRouteName } from '@gatehouse/contracts';
import { downloadOf, type Download } from './download.js';
import { addressOf, bodyOf, readAnswer, trimBase, type Answer, type InputOf } from './route.request.js';
import type { LooseInput } from './route.request.js';
import { createTransport, type Bytes, type Outgoing } from './transport.js';

type Of<N extends WorkerRouteName> = (typeof workerRoutes)[N];
type BodyOfRoute<N extends WorkerRouteName> = InputOf<Of<N>> extends { body: infer B } ? B : never;
type Unfenced<T> = T extends unknown ? Omit<T, 'generation'> : never;

export interface WorkerClientOptions {
  /** Where the plane is, e.g. `http://127.0.0.1:7070`. */
  readonly baseUrl: string;
  /** Token of the worker's principal; lease calls use the token of their lease instead. */
  readonly token: string;
  readonly fetch?: typeof fetch;
}

export interface LeaseCallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds for one try. */
  readonly timeoutMs?: number;
  /** Try again this long, in milliseconds, while the plane cannot be reached. Harmless: every call may repeat. */
  readonly reconnectForMs?: number;
}

export interface OutputChunk {
  readonly stream: 'stdout' | 'stderr';
  /** Where these bytes begin in the stream; repeating an offset changes nothing. */
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly last?: boolean;
  readonly truncated?: boolean;
}

/**
 * Calls under one lease: its token and generation are filled in. Throws `LeaseFenced` or `LeaseGone` (both
 * `LeaseLost`) when the lease is over, and any other `ApiProblem` otherwise.
 */
export interface LeaseClient {
  /** Never repeated by itself: the caller counts its lease from the moment it sent this. */
  heartbeat(options?: LeaseCallOptions): Promise<Answer<Of<'lease.heartbeat'>>>;
  start(body: Unfenced<BodyOfRoute<'lease.start'>>, options?: LeaseCallOptions): Promise<void>;
  events(events: BodyOfRoute<'lease.events'>['events'], options?: LeaseCallOptions): Promise<void>;
  output(chunk: OutputChunk, options?: LeaseCallOptions): Promise<void>;
  /** A git pack of the base commit. `timeoutMs` bounds the wait for its first byte. */
  workspace(options?: LeaseCallOptions): Promise<Download>;
  artifact(artifactId: string, options?: LeaseCallOptions): Promise<Download>;
  /** Stores bytes under their digest; the server refuses bytes of another digest. */
  upload(artifactId: string, bytes: Bytes, options?: LeaseCallOptions): Promise<Answer<Of<'lease.upload'>>>;
  complete(result: Unfenced<BodyOfRoute<'lease.complete'>>, options?: LeaseCallOptions): Promise<void>;
}

export interface WorkerClient {
  register(
    body: BodyOfRoute<'worker.register'>,
    options?: LeaseCallOptions,
  ): Promise<Answer<Of<'worker.register'>>>;
  /** Waits for an attempt up to `waitMs`; undefined where none came. Never repeated by itself. */
  claim(
    body: BodyOfRoute<'worker.claim'>,
    options?: Omit<LeaseCallOptions, 'reconnectForMs'>,
  ): Promise<LeaseGrant | undefined>;
  lease(lease: Pick<LeaseGrant['lease'], 'id' | 'generation' | 'token'>): LeaseClient;
}

/** Milliseconds; chosen so that a hung call ends well before a lease of 60 s does. */
const timeouts = {
  'worker.register': 10_000,
  'worker.claim': 10_000,
  'lease.heartbeat': 5_000,
  'lease.start': 10_000,
  'lease.events': 10_000,
  'lease.output': 15_000,
  'lease.workspace': 60_000,
  'lease.artifact': 30_000,
  'lease.upload': 120_000,
  'lease.complete': 30_000,
} as const satisfies Record<WorkerRouteName, number>;

/** A stream from the plane may stay silent this long. */
const idleMs = 30_000;
const onceOnly: readonly WorkerRouteName[] = ['worker.claim', 'lease.heartbeat'];

/** Typed client of the worker protocol under `/worker/v1`. */
export const createWorkerClient = (options: WorkerClientOptions): WorkerClient => {
  const base = `${trimBase(options.baseUrl)}/worker/v1`;
  const transport = createTransport(options.fetch ?? ((...args) => globalThis.fetch(...args)));

  const outgoing = (
    name: WorkerRouteName,
    token: string,
    input: LooseInput,
    o: LeaseCallOptions,
  ): Outgoing => {
    const r: Route = workerRoutes[name];
    const { body, mediaType } = bodyOf(r, input);
    return {
      method: r.method,
      url: addressOf(base, r, input),
      headers: {
        authorization: `Bearer ${token}`,
        accept: r.produces?.[0] ?? 'application/json',
        ...(mediaType ? { 'content-type': mediaType } : {}),
      },
      body,
      signal: o.signal,
      timeoutMs: o.timeoutMs ?? timeouts[name],
      repeatable: !onceOnly.includes(name),
      reconnectForMs: o.reconnectForMs ?? 0,
    };
  };

  const call = async <N extends WorkerRouteName>(
    name: N,
    token: string,
    input: LooseInput,
    o: LeaseCallOptions = {},
  ): Promise<Answer<Of<N>>> =>
    (await transport.exchange(outgoing(name, token, input, o), (response) =>
      readAnswer(workerRoutes[name], response),
    )) as Answer<Of<N>>;

  const download = async (
    name: 'lease.workspace' | 'lease.artifact',
    token: string,
    input: LooseInput,
    o: LeaseCallOptions = {},
  ): Promise<Download> => {
    const { response, end } = await transport.open(outgoing(name, token, input, o));
    return downloadOf(response, end, options.baseUrl, idleMs);
  };

  const lease: WorkerClient['lease'] = ({ id, generation, token }) => {
    const params = { id };
    const query = { generation };
    return {
      heartbeat: (o) => call('lease.heartbeat', token, { params, body: { generation } }, o),
      start: (body, o) => call('lease.start', token, { params, body: { ...body, generation } }, o),
      events: (events, o) => call('lease.events', token, { params, body: { generation, events } }, o),
      output: ({ bytes, ...chunk }, o) =>
        call('lease.output', token, { params, query: { generation, ...chunk }, body: bytes }, o),
      workspace: (o) => download('lease.workspace', token, { params, query }, o),
      artifact: (artifact, o) => download('lease.artifact', token, { params: { id, artifact }, query }, o),
      upload: (artifact, body, o) =>
        call('lease.upload', token, { params: { id, artifact }, query, body }, o),
      complete: (result, o) => call('lease.complete', token, { params, body: { ...result, generation } }, o),
    };
  };

  return {
    register: (body, o) => call('worker.register', options.token, { body }, o),
    claim: (body, o = {}) =>
      call(
        'worker.claim',
        options.token,
        { body },
        {
          signal: o.signal,
          // The server holds the line for waitMs; the rest is for the way there and back.
          timeoutMs: o.timeoutMs ?? (body.waitMs ?? 20_000) + timeouts['worker.claim'],
        },
      ),
    lease,
  };
};
