import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  envelopeKeyId,
  envelopeKeysFromPem,
  preAuthEncoding,
  readEnvelope,
  signEnvelope,
  verifyEnvelope,
} from './dsse.js';
import { generateSigningKey, publicKeyToPem } from './signature.js';

const [one, other] = [generateSigningKey(), generateSigningKey()];
const payload = Buffer.from('{"a":1}');
const keysOf = (...keys: (typeof one)[]) => envelopeKeysFromPem(keys.map(publicKeyToPem).join('\n'));
const check = (bytes: Uint8Array, keys = keysOf(one)) => {
  const read = readEnvelope(bytes);
  if (!read.ok) return read.message;
  const answer = verifyEnvelope(read.envelope, read.payload, keys);
  return answer.ok ? answer.signedBy : answer.message;
};

describe('an envelope', () => {
  it('is signed over the bytes of the example of the DSSE specification', () => {
    const bytes = preAuthEncoding('http://example.com/HelloWorld', Buffer.from('hello world'));
    expect(bytes.toString()).toBe('DSSEv1 29 http://example.com/HelloWorld 11 hello world');
    // Lengths are of bytes, not of characters.
    expect(preAuthEncoding('é', Buffer.from('ö€')).toString()).toBe('DSSEv1 2 é 5 ö€');
  });

  it('names its keys by the SHA-256 of their SPKI', () => {
    const spki = one.publicKey.export({ type: 'spki', format: 'der' });
    expect(envelopeKeyId(one.publicKey)).toBe(createHash('sha256').update(spki).digest('hex'));
    expect([...keysOf(one, other).keys()]).toEqual([one, other].map((key) => envelopeKeyId(key.publicKey)));
  });

  it('is the same every time, and holds for any of its keys; keys that are not given are left aside', () => {
    const bytes = signEnvelope('t', payload, [one, other]);
    expect(signEnvelope('t', payload, [one, other])).toEqual(bytes);
    expect(check(bytes, keysOf(one))).toEqual([envelopeKeyId(one.publicKey)]);
    expect(check(bytes, keysOf(other))).toEqual([envelopeKeyId(other.publicKey)]);
    expect(check(bytes, keysOf(one, other))).toHaveLength(2);
    expect(check(bytes, keysOf(generateSigningKey()))).toContain('None of the keys given');
    expect(check(bytes, new Map())).toContain('None of the keys given');
  });

  it('is not read as JSON where it is large without being one', () => {
    const wide = `[${'0,'.repeat(1 << 14)}0]`;
    const honest = signEnvelope('t', Buffer.alloc(1 << 20), [one]).toString();
    expect(check(Buffer.from(honest))).toHaveLength(1);
    for (const bomb of [
      wide,
      `{"payload":${wide}}`,
      honest.replace(/"signatures":.*/, `"signatures":${wide}}`),
    ])
      expect(check(Buffer.from(bomb))).toContain('does not begin like one, or has too much beside');
  });

  it('does not hold where a given key has not signed it, though another has', () => {
    const { signatures, ...rest } = JSON.parse(signEnvelope('t', payload, [one, other]).toString());
    const mixed = { ...rest, signatures: [signatures[0], { ...signatures[1], sig: signatures[0].sig }] };
    expect(check(Buffer.from(JSON.stringify(mixed)), keysOf(one, other))).toContain('does not hold');
  });

  it.each([
    ['a blank', (text: string) => text.replace(':', ': ')],
    ['a newline at its end', (text: string) => `${text}\n`],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['another field', (text: string) => text.replace('"signatures"', '"sig":1,"signatures"')],
    ['no signature', (text: string) => text.replace(/\[.*\]/, '[]')],
    ['a signature without a key', (text: string) => text.replace(/"keyid":"[0-9a-f]+",/, '')],
    ['no JSON', () => 'hello'],
    ['nothing', () => ''],
  ])('is refused with %s', (_, change) => {
    const text = signEnvelope('t', payload, [one]).toString();
    expect(check(Buffer.from(change(text)))).toMatch(/envelope/);
  });

  it('is refused in URL-safe base64, which would be a second form of the same bytes', () => {
    const bytes = Buffer.from([0xfb, 0xff, 0xfe]);
    const text = signEnvelope('t', bytes, [one]).toString();
    expect(check(Buffer.from(text))).toHaveLength(1);
    expect(check(Buffer.from(text.replace('+//+', '-__-')))).toContain('base64');
  });

  it('takes no key of another kind', () => {
    expect(() => envelopeKeysFromPem('-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----')).toThrow(
      'not an Ed25519 key',
    );
    expect(envelopeKeysFromPem('no key at all').size).toBe(0);
  });
});
