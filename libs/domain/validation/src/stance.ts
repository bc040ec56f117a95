import type { EffectivePolicy, Severity } from '@gatehouse/contracts';

/** What a stance of the policy makes of a finding; null where it permits. Anything unknown blocks. */
export const severityOf = (stance: EffectivePolicy['symlinks']): Severity | null =>
  stance === 'permit' ? null : stance === 'require_approval' ? 'require_approval' : 'block';
