import { eventHandlers } from '../events/index.js';
import { ignore, type Intent } from '../intent.js';
import { isTooDeep } from './json.depth.js';
import { Envelope } from './payload.js';

/** What a delivery says, or why it cannot be read. */
export type Reading =
  | {
      readonly ok: true;
      readonly action: string | null;
      readonly envelope: Envelope;
      readonly intent: Intent;
    }
  | { readonly ok: false; readonly action: string | null; readonly message: string };

const depthLimit = 100;

/** Bytes of a delivery as the value they stand for; undefined where they stand for none, or are nested too deep. */
export const parseBody = (body: Buffer): unknown => {
  if (isTooDeep(body)) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
};

const placeOf = (path: readonly PropertyKey[]): string =>
  path.slice(0, depthLimit).map(String).join('.') || 'body';

/** Reads a payload; never throws, whatever it holds. `event` is the forge's word in its header. */
export const readDelivery = (event: string, payload: unknown, appId: string | undefined): Reading => {
  const envelope = Envelope.safeParse(payload);
  if (!envelope.success) {
    const [issue] = envelope.error.issues;
    return {
      ok: false,
      action: null,
      message: `The payload cannot be read: ${placeOf(issue?.path ?? [])}: ${issue?.message ?? 'not an object'}.`,
    };
  }
  const action = envelope.data.action ?? null;
  const answer = (intent: Intent): Reading => ({ ok: true, action, envelope: envelope.data, intent });
  const handler = eventHandlers.find((one) => one.event === event);
  if (handler === undefined) return answer(ignore('event'));
  if (!Object.hasOwn(handler.actions, action ?? '')) return answer(ignore('action'));
  if (handler.needsPerson && envelope.data.sender?.type !== 'User') return answer(ignore('bot'));
  const read = handler.payload.safeParse(payload);
  if (read.success) return answer(handler.handle(read.data, { envelope: envelope.data, appId }));
  const [issue] = read.error.issues;
  return {
    ok: false,
    action,
    message: `The payload of ${event} cannot be read: ${placeOf(issue?.path ?? [])}: ${issue?.message ?? ''}.`,
  };
};
