import { describe, expect, it } from '@jest/globals';
import { canaryOf } from './lease.canary.js';

const lease = { id: 'lea_1', tokenSha256: 'a'.repeat(64) };

describe('canaryOf', () => {
  it('looks like the credentials of a real account', () => {
    const { accessKeyId, secretAccessKey } = canaryOf(lease);
    expect(accessKeyId).toMatch(/^AKIA[A-Z2-7]{16}$/);
    expect(secretAccessKey).toMatch(/^[A-Za-z0-9+/]{40}$/);
  });

  it('is the same whenever it is asked, and another one for another lease or token', () => {
    const others = [lease, { ...lease, id: 'lea_2' }, { ...lease, tokenSha256: 'b'.repeat(64) }].map(
      canaryOf,
    );
    expect(canaryOf(lease)).toEqual(others[0]);
    expect(new Set(others.map(({ accessKeyId }) => accessKeyId)).size).toBe(3);
    expect(new Set(others.map(({ secretAccessKey }) => secretAccessKey)).size).toBe(3);
  });
});
