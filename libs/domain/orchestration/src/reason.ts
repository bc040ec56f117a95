import type { Finding, GateResult } from '@gatehouse/contracts';
import type { Reason } from '@gatehouse/session';

/** The first thing that stands in the way, in words. */
export const reasonOf = (results: readonly GateResult[]): Reason => {
  const blocks = results.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'block'));
  const [first] = blocks as [Finding?];
  if (first === undefined) return { code: 'verdict.not_passed', message: 'Not every gate passed.' };
  const where = first.path === undefined ? '' : ` (${first.path})`;
  const more = blocks.length > 1 ? ` And ${blocks.length - 1} more.` : '';
  return { code: first.code, message: `${first.message}${where} ${first.next}${more}` };
};
