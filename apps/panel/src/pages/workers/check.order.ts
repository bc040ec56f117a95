import type { CheckResult } from '@gatehouse/contracts';

const rank = { FAIL: 0, WARN: 1, PASS: 2 } as const;

/** What is broken first; else as the doctor gave them. */
export const inOrder = (checks: readonly CheckResult[]): CheckResult[] =>
  checks.toSorted((a, b) => rank[a.status] - rank[b.status]);

/** What an operator can do to a worker; which of them is possible is the state table's word. */
export const moves = [
  { to: 'ready', label: 'Resume', says: 'Take new leases again' },
  { to: 'draining', label: 'Drain', says: 'Finish what it has, take nothing new' },
  { to: 'cordoned', label: 'Cordon', says: 'Keep it from new leases until somebody resumes it' },
] as const;
