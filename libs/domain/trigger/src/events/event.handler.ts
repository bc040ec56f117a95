import type { z } from 'zod';
import type { Intent } from '../intent.js';
import type { Envelope } from '../webhook/payload.js';

/** What handlers know beside the payload. */
export interface HandlerFacts {
  readonly envelope: Envelope;
  /** Number or client id of our App; undefined with a token. */
  readonly appId: string | undefined;
}

/**
 * What is done about one kind of event: payload in, intent out; no I/O and no clock. A new one is a file
 * `<event>.handler.ts` with its spec, and a line in index.ts.
 */
export interface EventHandler<S extends z.ZodType = z.ZodType> {
  /** As the forge calls it in its header. */
  readonly event: string;
  /** Handled actions and what is done about each; '' where the event has none. All others are ignored. */
  readonly actions: Readonly<Record<string, string>>;
  readonly summary: string;
  /** True where it counts who did it: then bots are ignored. */
  readonly needsPerson: boolean;
  /** What of the payload is read. */
  readonly payload: S;
  handle(payload: z.output<S>, facts: HandlerFacts): Intent;
}

/** Keeps the payload's type between schema and handle. */
export const eventHandler = <S extends z.ZodType>(handler: EventHandler<S>): EventHandler =>
  handler as unknown as EventHandler;
