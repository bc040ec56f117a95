import { describe, expect, it } from '@jest/globals';
import { PrincipalKind } from '@gatehouse/contracts';
import { rolesFor, tokenState } from './role.words.js';

describe('rolesFor', () => {
  it('never offers approving to anything but a person', () => {
    for (const kind of PrincipalKind.options)
      expect([kind, rolesFor(kind).includes('approver')]).toEqual([kind, kind === 'user']);
  });
});

describe('tokenState', () => {
  const now = Date.parse('2026-01-01T00:00:00.000Z');
  it('calls a revoked token revoked, also after its time', () => {
    const past = '2025-12-31T00:00:00.000Z';
    expect(tokenState({ revokedAt: past, expiresAt: past }, now)).toBe('revoked');
    expect(tokenState({ revokedAt: null, expiresAt: past }, now)).toBe('expired');
    expect(tokenState({ revokedAt: null, expiresAt: null }, now)).toBe('valid');
  });
});
