import type { DeliveryOutcome, WebhookDelivery } from '@gatehouse/contracts';

/** What came of it, in a sentence, also while nothing has. */
export const outcomeSentence = ({ state, outcome }: Pick<WebhookDelivery, 'state' | 'outcome'>): string => {
  if (state === 'received')
    return outcome === null ? 'Waits to be handled.' : 'Waits to be handled once more.';
  return outcome?.reason ?? 'Nothing is known of what came of it.';
};

/** A word for what was done, unless the state says as much already. */
export const whatWord = ({ state, outcome }: Pick<WebhookDelivery, 'state' | 'outcome'>): string | null =>
  outcome === null || state === 'received' || outcome.what === state
    ? null
    : outcome.what.replaceAll('_', ' ');

/** A JSON document over several lines; what is none stays as it came. */
export const laidOut = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

export type Given =
  | { readonly ok: true; readonly payload: Record<string, unknown> }
  | { readonly ok: false; readonly fault: string };

/** The payload that somebody pasted. */
export const payloadOf = (text: string): Given => {
  try {
    const payload: unknown = JSON.parse(text);
    return typeof payload === 'object' && payload !== null && !Array.isArray(payload)
      ? { ok: true, payload: payload as Record<string, unknown> }
      : { ok: false, fault: 'A payload is a JSON object.' };
  } catch (error) {
    return { ok: false, fault: error instanceof Error ? error.message : 'That is no JSON.' };
  }
};

export const hasLinks = (outcome: DeliveryOutcome): boolean =>
  [outcome.jobId, outcome.sessionId, outcome.promotionId, outcome.triggerId].some((id) => id !== undefined);
