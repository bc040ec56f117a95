import { GatehouseError } from '@gatehouse/contracts';

/** What GitHub sends at most. */
export const maxDeliveryBytes = 25 * 1024 * 1024;

const field = Buffer.from('payload=');

/** The payload's own bytes: a form holds them percent-encoded in its one field. Throws `request.unsupported_media`. */
export const payloadOf = (body: Buffer, mediaType: string): Buffer => {
  if (mediaType === 'application/json') return body;
  if (!body.subarray(0, field.length).equals(field))
    throw new GatehouseError(
      'request.unsupported_media',
      'The form has no field payload. Set the content type of the webhook to application/json.',
    );
  const end = body.indexOf('&');
  const encoded = body.subarray(field.length, end < 0 ? body.length : end);
  return percentDecoded(encoded);
};

/** By bytes, since what is in there need not be text. */
const percentDecoded = (encoded: Buffer): Buffer => {
  const out = Buffer.alloc(encoded.length);
  let to = 0;
  for (let at = 0; at < encoded.length; at += 1) {
    const byte = encoded[at] as number;
    const value = byte === 0x25 ? hexAt(encoded, at + 1) : -1;
    if (value >= 0) at += 2;
    out[to] = value >= 0 ? value : byte === 0x2b ? 0x20 : byte;
    to += 1;
  }
  return out.subarray(0, to);
};

const digitOf = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

const hexAt = (bytes: Buffer, at: number): number => {
  const [high, low] = [digitOf(bytes[at]), digitOf(bytes[at + 1])];
  return high < 0 || low < 0 ? -1 : high * 16 + low;
};
