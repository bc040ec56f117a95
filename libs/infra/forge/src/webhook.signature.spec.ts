import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { createRequire } from 'node:module';
import { verifyDelivery, webhookSecrets } from './webhook.signature.js';

const secret = "It's a Secret to Everybody";
const body = Buffer.from('Hello, World!');
// https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
const official = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
const headers = {
  'x-hub-signature-256': official,
  'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
  'x-github-event': 'issues',
};
const reasonOf = (answer: ReturnType<typeof verifyDelivery>) => (answer.ok ? 'ok' : answer.reason);

describe('whether a delivery is GitHub’s', () => {
  it('holds for the official vector', () => {
    expect(verifyDelivery(secret, body, headers)).toEqual({
      ok: true,
      id: '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      event: 'issues',
    });
  });

  it('looks at bytes, not at text', () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28]);
    const signature = `sha256=${createHmac('sha256', secret).update(bytes).digest('hex')}`;
    const signed = { ...headers, 'x-hub-signature-256': signature };
    expect(reasonOf(verifyDelivery(secret, bytes, signed))).toBe('ok');
    // What a decoder would make of them.
    expect(reasonOf(verifyDelivery(secret, Buffer.from(bytes.toString('utf8')), signed))).toBe(
      'signature_wrong',
    );
  });

  it('takes either secret while one is being changed', () => {
    expect(reasonOf(verifyDelivery(['new', secret], body, headers))).toBe('ok');
    expect(reasonOf(verifyDelivery([secret, 'new'], body, headers))).toBe('ok');
    expect(reasonOf(verifyDelivery(['new', 'newer'], body, headers))).toBe('signature_wrong');
    expect(webhookSecrets(` ${secret} \n\nsecond\n`)).toEqual([secret, 'second']);
  });

  it('is refused with every single bit of the body changed', () => {
    for (let bit = 0; bit < body.length * 8; bit++) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(reasonOf(verifyDelivery(secret, changed, headers))).toBe('signature_wrong');
    }
  });

  it.each([
    ['absent', undefined, 'signature_missing'],
    ['empty', '', 'signature_wrong'],
    ['short', official.slice(0, -1), 'signature_wrong'],
    ['long', `${official}0`, 'signature_wrong'],
    ['in capitals', official.toUpperCase(), 'signature_wrong'],
    ['without its scheme', official.slice('sha256='.length), 'signature_wrong'],
    ['of another scheme', official.replace('sha256', 'sha1'), 'signature_wrong'],
    ['given twice', [official, official], 'signature_missing'],
  ])('is refused with a signature that is %s', (_what, signature, reason) => {
    expect(reasonOf(verifyDelivery(secret, body, { ...headers, 'x-hub-signature-256': signature }))).toBe(
      reason,
    );
  });

  it('is refused where only SHA-1 is signed, however right', () => {
    const sha1 = `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`;
    const only = { ...headers, 'x-hub-signature-256': undefined, 'x-hub-signature': sha1 };
    expect(reasonOf(verifyDelivery(secret, body, only))).toBe('signature_sha1_only');
  });

  it('is refused where no secret is configured, even signed with an empty one', () => {
    const signature = `sha256=${createHmac('sha256', '').update(body).digest('hex')}`;
    const signed = { ...headers, 'x-hub-signature-256': signature };
    for (const none of ['', [], ['']]) expect(reasonOf(verifyDelivery(none, body, signed))).toBe('no_secret');
  });

  it('holds for every event that GitHub has an example of', () => {
    const examples = createRequire(import.meta.url)('@octokit/webhooks-examples') as { name: string }[];
    const refused = examples.filter(
      ({ name }) => !verifyDelivery(secret, body, { ...headers, 'x-github-event': name }).ok,
    );
    expect([examples.length, refused]).toEqual([58, []]);
  });

  it.each(['x-github-delivery', 'x-github-event'])('is refused without a plain %s', (name) => {
    for (const value of [undefined, '', 'a b', '../x', 'x'.repeat(200), ['issues']])
      expect(reasonOf(verifyDelivery(secret, body, { ...headers, [name]: value }))).toBe('headers_missing');
  });
});
