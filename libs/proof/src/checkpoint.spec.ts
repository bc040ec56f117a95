import { describe, expect, it } from '@jest/globals';
import { endOf, firstCheckpoint, signCheckpoint, verifyCheckpoint, type Checkpoint } from './checkpoint.js';
import { sha256Hex } from './digest.js';
import {
  generateSigningKey,
  keyRing,
  publicKeyFromPem,
  publicKeyToPem,
  signingKeyFromPem,
  signingKeyToPem,
} from './signature.js';

const key = generateSigningKey();
const keys = keyRing(key.publicKey);
const line = (after: Checkpoint | null, seq: number): Checkpoint =>
  signCheckpoint(
    after === null ? firstCheckpoint : endOf(after),
    { at: '2026-11-21T03:47:00.000000Z', heads: [['ses_1', seq, sha256Hex(String(seq))]] },
    key,
  );

describe('checkpoints', () => {
  const first = line(null, 1);
  const second = line(first, 2);
  const third = line(second, 3);

  it('follow one another', () => {
    expect(verifyCheckpoint(firstCheckpoint, first, keys)).toBeNull();
    expect(verifyCheckpoint(endOf(first), second, keys)).toBeNull();
  });

  it('show a missing line, a replaced line and an edited one', () => {
    expect(verifyCheckpoint(endOf(first), third, keys)?.kind).toBe('gap');
    expect(verifyCheckpoint(endOf(line(null, 9)), second, keys)?.kind).toBe('broken_link');
    const edited = { ...second, heads: [['ses_1', 1, sha256Hex('1')]] as const };
    expect(verifyCheckpoint(endOf(first), edited, keys)?.kind).toBe('bad_signature');
  });

  it('tell a stranger’s key from a bad signature', () => {
    const stranger = generateSigningKey();
    const forged = signCheckpoint(endOf(first), second, stranger);
    expect(verifyCheckpoint(endOf(first), forged, keys)?.kind).toBe('unknown_key');
    expect(verifyCheckpoint(endOf(first), { ...forged, key_id: key.keyId }, keys)?.kind).toBe(
      'bad_signature',
    );
    expect(verifyCheckpoint(endOf(first), { ...second, signature: '' }, keys)?.kind).toBe('bad_signature');
  });

  it('hold when the key went through its PEM', () => {
    const again = signingKeyFromPem(signingKeyToPem(key));
    expect(again.keyId).toBe(key.keyId);
    const checkpoint = signCheckpoint(endOf(first), second, again);
    expect(
      verifyCheckpoint(endOf(first), checkpoint, keyRing(publicKeyFromPem(publicKeyToPem(key)))),
    ).toBeNull();
  });
});
