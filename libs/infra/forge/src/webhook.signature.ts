import { createHmac, timingSafeEqual } from 'node:crypto';
import { ForgeEventName } from '@gatehouse/contracts';

export type DeliveryFault =
  'no_secret' | 'signature_missing' | 'signature_sha1_only' | 'signature_wrong' | 'headers_missing';

export type DeliveryAnswer =
  | {
      readonly ok: true;
      /** Id of the delivery; a delivery that is repeated has the same one. */
      readonly id: string;
      /** e.g. `issues`, `pull_request`. */
      readonly event: string;
    }
  | { readonly ok: false; readonly reason: DeliveryFault; readonly message: string };

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

const one = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
};
const no = (reason: DeliveryFault, message: string): DeliveryAnswer => ({ ok: false, reason, message });

/** The secrets of a file: one a line, all of which count, so that one can be changed without a gap. */
export const webhookSecrets = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/**
 * Whether a delivery is GitHub's: SHA-256 over the very bytes that came, compared in constant time. Pure.
 * @param headers by their names in lower case
 */
export const verifyDelivery = (
  secrets: string | readonly string[],
  rawBody: Uint8Array,
  headers: Headers,
): DeliveryAnswer => {
  const all = (typeof secrets === 'string' ? [secrets] : secrets).filter((secret) => secret !== '');
  if (all.length === 0)
    return no('no_secret', 'No webhook secret is configured, so nothing can be believed.');
  const signature = one(headers, 'x-hub-signature-256');
  if (signature === undefined)
    return headers['x-hub-signature'] === undefined
      ? no('signature_missing', 'There is no X-Hub-Signature-256. Set the secret of the webhook at GitHub.')
      : no('signature_sha1_only', 'There is only a SHA-1 signature, which is refused: SHA-256 is wanted.');
  const given = Buffer.from(signature);
  let matches = false;
  // Every secret is tried, so that the time does not say which one fits.
  for (const secret of all) {
    const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(rawBody).digest('hex')}`);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) matches = true;
  }
  if (!matches)
    return no('signature_wrong', 'The signature does not fit the body: another secret, or changed bytes.');
  const id = one(headers, 'x-github-delivery');
  const event = one(headers, 'x-github-event');
  if (id === undefined || !/^[\w-]{1,100}$/.test(id))
    return no('headers_missing', 'X-GitHub-Delivery is missing or no id. Send it as GitHub made it.');
  const named = ForgeEventName.safeParse(event);
  return named.success
    ? { ok: true, id, event: named.data }
    : no('headers_missing', 'X-GitHub-Event is missing or no name of an event. Send it as GitHub made it.');
};
